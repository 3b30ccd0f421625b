// What each key does, on the page and inside a card's frame.

import { byId } from "./dom.js";

const PRESSED = ["button", "a", "summary", "audio", "video"];
const TYPED_IN = ["input", "textarea", "select"];

/** Returns a listener for keys. @param {any} app @returns {(event: KeyboardEvent) => void} */
export function keyHandler(app) {
  const keys = keyActs(app);
  return (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || byId("keys").open) return;
    const target = event.target;
    if (event.key === "Escape" && target?.id === "query") app.leaveSearch();
    else if (!isForTarget(event.key, target) && keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  };
}

function keyActs(app) {
  const flip = () => app.flip();
  return {
    " ": flip,
    Enter: flip,
    ArrowRight: () => app.go(app.position + 1),
    ArrowLeft: () => app.go(app.position - 1),
    Home: () => app.go(0),
    End: () => app.go(app.shown.length - 1),
    g: () => app.toggleGrid(),
    n: () => app.toggle("night"),
    m: () => app.toggle("phone"),
    r: () => app.stage.replay(),
    M: () => app.stage.toggleMasks(),
    c: () => app.stage.copyPlace(),
    "/": () => byId("query").focus(),
    "?": () => byId("keys").showModal(),
  };
}

/** Whether a key is meant for what has the focus. From the box of a typed answer Enter turns the card over, and from an
 *  empty one the arrows go on. */
function isForTarget(key, target) {
  const name = target?.localName;
  if (PRESSED.includes(name)) return key === " " || key === "Enter";
  if (!TYPED_IN.includes(name)) return false;
  const leaves = key === "Enter" || (target.value === "" && ["ArrowLeft", "ArrowRight"].includes(key));
  return !(target.id === "typeans" && leaves);
}
