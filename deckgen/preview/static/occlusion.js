// Anki's image occlusion without Anki's script: the masks as shapes over the picture.
//
// What is drawn, and how, was seen in Anki 26.09 (its reviewer draws on the canvas that the card brings along). Shapes are
// made in the document around the frame: there no card can have put something else in the place of `createElement`.

const SVG = "http://www.w3.org/2000/svg";

/** The kinds of masks in the order they are drawn in, with the names and defaults of their colours. */
const MASKS = [
  { kind: "cloze", name: "active", colour: "#ff8e8e", line: "#212121" },
  { kind: "cloze-inactive", name: "inactive", colour: "#ffeba2", line: "#212121" },
  { kind: "cloze-highlight", name: "highlight", colour: "#ff8e8e00", line: "#ff8e8e" },
];
const ROUND = 10_000; // parts of a full turn: what `data-angle` counts
const LABEL = { font: "Arial", size: 40, padding: 5, lineHeight: 1.5, colour: "#000000", ground: "#ffffff" };

/** The root of a document, whatever a card has named `documentElement`. @param {Document} inside @returns {HTMLElement} */
export function rootOf(inside) {
  return Reflect.get(Document.prototype, "documentElement", inside);
}

/** Draws the masks of a card that has some. @param {Document} inside the frame's document */
export function drawOcclusion(inside) {
  const root = rootOf(inside);
  const room = root.querySelector("#image-occlusion-container:not(form)");
  if (!room) return;
  const image = room.querySelector("img");
  if (!image) return sayInstead(room, "This card has no picture.");
  const draw = () => (image.naturalWidth ? drawOver(root, room, image) : sayInstead(room, "The picture cannot be shown."));
  if (image.complete) return draw();
  for (const end of ["load", "error"]) image.addEventListener(end, draw, { once: true });
}

function sayInstead(room, text) {
  const said = document.createElement("p");
  said.textContent = text;
  room.append(said);
}

function drawOver(root, room, image) {
  const { naturalWidth: width, naturalHeight: height } = image;
  room.style.aspectRatio = `${width} / ${height}`; // the rest of its size is the style sheet's, as in Anki
  const colours = getComputedStyle(root.querySelector("canvas#image-occlusion-canvas") ?? room);
  const pixel = width / (room.clientWidth || width) / devicePixelRatio; // of Anki's canvas, in those of the picture
  const surface = { width, height, pixel, colours };
  const attributes = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "masks", role: "img" };
  const drawing = svgShape("svg", attributes, ...allShapes(root, surface));
  room.querySelector("svg.masks")?.remove();
  room.append(drawing);
  const masks = [...drawing.querySelectorAll(":scope > :not(.label)")];
  describeMasks(drawing, masks);
  bindToggle(root, () => {
    for (const mask of masks) mask.style.display = mask.style.display ? "" : "none";
    describeMasks(drawing, masks);
  });
}

/** What is not asked for has a mask only where the note hides all; what is asked for always has. */
function* allShapes(root, surface) {
  for (const mask of MASKS) {
    for (const { dataset } of root.querySelectorAll(`div.${mask.kind}[data-shape]`)) {
      if (mask.kind === "cloze-inactive" && dataset.occludeinactive !== "1") continue;
      if (dataset.shape === "text") yield labelShape(dataset, surface);
      else yield* maskShapes(dataset, mask, surface);
    }
  }
}

function describeMasks(drawing, masks) {
  const count = masks.filter((mask) => !mask.style.display).length;
  drawing.setAttribute("aria-label", `image with ${count || "no"} ${count === 1 ? "mask" : "masks"}`);
}

/** The button hides masks, not labels, and is there only where a note hides all of them; M is its key. */
function bindToggle(root, toggle) {
  const button = root.querySelector("#toggle:not(form)");
  if (!button) return;
  if (!root.querySelector('[data-occludeinactive="1"]')) {
    button.style.display = "none";
    return;
  }
  button.addEventListener("click", toggle);
  root.addEventListener("keydown", (event) => {
    if (event.key === "M" && !event.composedPath()[0].matches?.("input, textarea, select")) toggle();
  });
}

function maskShapes(dataset, { kind, name, colour, line }, surface) {
  const shape = geometry(dataset, surface);
  if (!shape) return [];
  const isOwn = kind === "cloze-inactive" && dataset.fill !== colour; // a mask that is asked for has the card's colour
  const [thickness, stroke] = surface.colours.getPropertyValue(`--${name}-shape-border`).trim().split(/\s+/);
  const pixels = Number.parseFloat(thickness);
  shape.setAttribute("class", kind);
  shape.setAttribute("vector-effect", "non-scaling-stroke");
  shape.style.fill = aColour(isOwn && dataset.fill, surface.colours.getPropertyValue(`--${name}-shape-color`), colour);
  shape.style.stroke = aColour(stroke, line);
  shape.style.strokeWidth = `${(Number.isNaN(pixels) ? 1 : pixels) / devicePixelRatio}px`;
  return [shape];
}

/** The first that is a colour: anything else, such as a `url()`, paints nothing in Anki either. */
function aColour(...colours) {
  return colours.find((colour) => colour && CSS.supports("color", colour));
}

function geometry(dataset, { width, height }) {
  const [left, top] = [part(dataset.left) * width, part(dataset.top) * height];
  const turn = turned(dataset.angle, left, top);
  switch (dataset.shape) {
    case "rect": {
      const size = { width: part(dataset.width) * width, height: part(dataset.height) * height };
      return svgShape("rect", { x: left, y: top, ...size, ...turn });
    }
    case "ellipse": {
      const [rx, ry] = [part(dataset.rx) * width, part(dataset.ry) * height];
      return svgShape("ellipse", { cx: left + rx, cy: top + ry, rx, ry, ...turn });
    }
    case "polygon": {
      const points = (dataset.points || "0,0").split(" ").map((pair) => pair.split(",").map(part));
      const moved = (place, axis) => place - Math.min(...points.map((point) => point[axis]));
      const at = ([x, y]) => `${moved(x, 0) * width + left},${moved(y ?? 0, 1) * height + top}`;
      return svgShape("polygon", { points: points.map(at).join(" ") }); // Anki does not turn these
    }
    default:
      return null;
  }
}

/** @param {string | undefined} text a part of the width or the height */
function part(text) {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : 0;
}

/** Shapes turn about their upper left corner. */
function turned(angle, left, top) {
  const degrees = ((Number(angle) % ROUND) / ROUND) * 360;
  return degrees ? { transform: `rotate(${degrees} ${left} ${top})` } : {};
}

/** A label: its lines on a white ground. */
function labelShape(dataset, { width, height, pixel }) {
  const [left, top] = [part(dataset.left) * width, part(dataset.top) * height];
  const unit = (part(dataset.scale) || 1) * pixel; // Anki scales the canvas, and so the padding and its rounded measures
  const size = dataset.fontSize ? (part(dataset.fontSize) * height) / pixel : LABEL.size;
  const lines = (dataset.text ?? "").split("\n");
  const { lineHeight, baseline, widthOf } = labelMeasures(size);
  const widest = Math.max(...lines.map(widthOf));
  const box = { width: (widest + LABEL.padding) * unit, height: (lines.length * lineHeight + LABEL.padding) * unit };
  const ground = svgShape("rect", { x: left, y: top, ...box, fill: LABEL.ground });
  const texts = lines.map((line, number) => {
    const at = { x: left, y: top + (number * lineHeight + baseline) * unit };
    const text = svgShape("text", { ...at, "font-size": size * unit, "font-family": LABEL.font });
    Object.assign(text.style, { fill: aColour(dataset.fill, LABEL.colour), whiteSpace: "pre", direction: "ltr" });
    text.textContent = line;
    return text;
  });
  return svgShape("g", { class: "label", ...turned(dataset.angle, left, top) }, ground, ...texts);
}

/** Measures as Anki does, on a canvas: a line is one and a half times as high as an M. */
function labelMeasures(size) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${size}px ${LABEL.font}`;
  context.textBaseline = "top";
  const capital = context.measureText("M");
  return {
    lineHeight: LABEL.lineHeight * (capital.actualBoundingBoxAscent + capital.actualBoundingBoxDescent),
    baseline: -capital.alphabeticBaseline,
    widthOf: (text) => context.measureText(text).width,
  };
}

/** Makes a part of a drawing. @param {string} name @param {Object<string, any>} attributes @param {...Node} children */
export function svgShape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}
