// One card, large: its side, where it stands in the deck's files, its tags, and what is wrong with it.

import { amount, byId, copyText, element, say } from "./dom.js";
import { cardFrame, liveCard, typedInFrame } from "./frame.js";
import { problemList } from "./problems.js";
import { rootOf } from "./occlusion.js";

/** Shows cards in the middle of the page. */
export class Stage {
  /** @param {{onKey: (event: KeyboardEvent) => void, withMedia: (html: string) => string}} options */
  constructor({ onKey, withMedia }) {
    this._onKey = onKey;
    this._withMedia = withMedia;
    this._place = byId("stage");
    this._frame = null;
    this._turn = 0; // what was asked for last wins
    this._typed = "";
    byId("place").addEventListener("click", () => this.copyPlace());
  }

  /**
   * Shows a side of a card. @param {import("./deck.js").Deck} deck @param {number} card
   * @param {{isBack: boolean, night: boolean, phone: boolean, position: number, total: number}} view
   */
  async show(deck, card, view) {
    const turn = (this._turn += 1);
    this._describe(deck, card, view);
    if (view.isBack) this._typed = typedInFrame(this._frame) || this._typed;
    else this._typed = "";
    let sides;
    try {
      sides = await deck.sides(card);
    } catch (failed) {
      if (turn === this._turn) this._replace(element("p", { class: "empty" }, `This card could not be shown: ${failed.message}`));
      return;
    }
    if (turn !== this._turn) return;
    const note = deck.noteOf(card);
    const type = deck.types[note.type];
    const look = {
      html: this._withMedia(view.isBack ? sides.back : sides.front),
      css: this._withMedia(type.css),
      frameCss: deck.frameCss,
      ordinal: deck.ordinal(card),
      night: view.night,
      phone: view.phone,
    };
    this._swapIn(look, view, `${view.isBack ? "Answer" : "Question"}: ${deck.label(card)}`);
  }

  /** Shows that there is nothing to show. @param {string} why */
  showNothing(why) {
    this._turn += 1;
    this._replace(element("p", { class: "empty" }, why));
    this._frame = null;
    byId("where").textContent = "";
    byId("place").hidden = true;
    byId("card-tags").replaceChildren();
    byId("card-problems").replaceChildren();
  }

  /** Copies the card's file and line. */
  async copyPlace() {
    const button = byId("place");
    if (button.hidden || !(await copyText(button.dataset.place))) return;
    button.classList.add("copied");
    button.addEventListener("blur", () => button.classList.remove("copied"), { once: true });
    setTimeout(() => button.classList.remove("copied"), 1200);
  }

  /** Plays the side's first sound again. */
  replay() {
    this._press("button.replay-button");
  }

  /** Shows and hides the masks of an answer, as the key does in Anki. */
  toggleMasks() {
    this._press("#toggle:not(form)");
  }

  _press(selector) {
    const inside = this._frame?.contentDocument;
    if (inside) rootOf(inside).querySelector(selector)?.click();
  }

  /** Loads the new side behind the old one and then takes its place, so that nothing flickers. */
  _swapIn(look, view, title) {
    const turn = this._turn;
    const old = this._frame;
    const hadFocus = old !== null && document.activeElement === old;
    const frame = cardFrame(look, {
      title,
      ready: (inside) => {
        if (turn !== this._turn) return frame.remove();
        liveCard(inside, this._typed, true);
        const root = rootOf(inside);
        root.addEventListener("keydown", this._onKey);
        frame.classList.remove("waiting");
        this._replace(frame);
        this._frame = frame;
        if (hadFocus && !root.querySelector("#typeans")) frame.focus();
        if (view.isBack) scrollToAnswer(root);
      },
    });
    frame.classList.add("waiting");
    this._place.append(frame);
  }

  /** @param {HTMLElement} only */
  _replace(only) {
    for (const child of [...this._place.children]) if (child !== only) child.remove();
    if (only.parentNode !== this._place) this._place.append(only);
  }

  _describe(deck, card, { isBack, phone, position, total }) {
    const note = deck.noteOf(card);
    const kind = deck.types[note.type].name.split(" – ").at(-1);
    const which = note.cards.length > 1 ? `, card ${deck.nth(card) + 1} of its ${note.cards.length}` : "";
    byId("where").textContent = `${position + 1} of ${amount(total, "card")} · ${kind}${which}`;
    byId("flip").firstChild.textContent = isBack ? "Show question " : "Show answer ";
    this._place.classList.toggle("phone", phone);
    const place = byId("place");
    place.hidden = !note.place;
    place.dataset.place = note.place;
    place.textContent = note.place;
    place.title = "Copy the card's file and line";
    byId("card-tags").replaceChildren(...note.tags.map((tag) => element("li", {}, deck.tags[tag])));
    const own = deck.problems.filter((problem) => problem.note === deck.noteNumber(card));
    byId("card-problems").replaceChildren(own.length ? problemList(own, null) : "");
    say(`${isBack ? "Answer" : "Question"}, card ${position + 1} of ${total}`);
  }
}

/** As Anki does: what was asked moves up, so that the answer is seen. @param {Element} root of the card's document */
function scrollToAnswer(root) {
  root.querySelector("#answer")?.scrollIntoView();
}
