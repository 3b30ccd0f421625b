// Anki's image occlusion without Anki's script: the masks as shapes over the picture.

const SVG = "http://www.w3.org/2000/svg";
const KINDS = {
  cloze: { fill: "--active-shape-color", border: "--active-shape-border", colour: "#ff8e8e", line: "1px #212121" },
  "cloze-inactive": { fill: "--inactive-shape-color", border: "--inactive-shape-border", colour: "#ffeba2", line: "1px #212121" },
  "cloze-highlight": { fill: "--highlight-shape-color", border: "--highlight-shape-border", colour: "#ff8e8e00", line: "1px #ff8e8e" },
};

/** Draws the masks of a card that has some. @param {Document} inside the frame's document */
export function drawOcclusion(inside) {
  const room = inside.querySelector("#image-occlusion-container");
  const image = room?.querySelector("img");
  if (!image) return;
  if (image.complete && image.naturalWidth) drawOver(inside, room, image);
  else image.addEventListener("load", () => drawOver(inside, room, image), { once: true });
}

function drawOver(inside, room, image) {
  const { naturalWidth: width, naturalHeight: height } = image;
  room.style.aspectRatio = `${width} / ${height}`;
  room.style.maxWidth = `calc((95vh - 40px) * ${width / height})`;
  const canvas = room.querySelector("#image-occlusion-canvas") ?? room;
  const drawing = inside.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("class", "masks");
  const masks = [...inside.querySelectorAll("[data-shape]")].filter(isShown);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${masks.length} ${masks.length === 1 ? "mask" : "masks"} on the picture`);
  const colours = inside.defaultView.getComputedStyle(canvas);
  for (const mask of masks) drawing.append(...shapes(inside, mask, { width, height, colours }));
  room.append(drawing);
  inside.querySelector("#toggle")?.addEventListener("click", () => drawing.toggleAttribute("hidden"));
}

/** What is not asked for stays hidden only if the note says so. */
function isShown(mask) {
  return kindOf(mask) !== "cloze-inactive" || mask.dataset.occludeinactive === "1";
}

function kindOf(mask) {
  return Object.keys(KINDS).find((kind) => mask.classList.contains(kind)) ?? "cloze-inactive";
}

function shapes(inside, mask, { width, height, colours }) {
  const { fill, border, colour, line } = KINDS[kindOf(mask)];
  const shape = shapeElement(inside, mask, width, height);
  if (!shape) return [];
  const [thickness, ...stroke] = (colours.getPropertyValue(border).trim() || line).split(/\s+/);
  const angle = Number(mask.dataset.angle ?? 0);
  if (angle) {
    const [x, y] = [Number(mask.dataset.left ?? 0) * width, Number(mask.dataset.top ?? 0) * height];
    shape.setAttribute("transform", `rotate(${angle} ${x} ${y})`);
  }
  shape.setAttribute("vector-effect", "non-scaling-stroke");
  shape.setAttribute("class", kindOf(mask));
  shape.style.fill = mask.dataset.fill || colours.getPropertyValue(fill).trim() || colour;
  if (mask.dataset.shape === "text") return [textGround(inside, mask, width, height), shape];
  shape.style.stroke = stroke.join(" ");
  shape.style.strokeWidth = thickness;
  return [shape];
}

function shapeElement(inside, { dataset }, width, height) {
  const x = (name) => Number(dataset[name] ?? 0) * width;
  const y = (name) => Number(dataset[name] ?? 0) * height;
  switch (dataset.shape) {
    case "rect":
      return svgElement(inside, "rect", { x: x("left"), y: y("top"), width: x("width"), height: y("height") });
    case "ellipse":
      return svgElement(inside, "ellipse", { cx: x("left") + x("rx"), cy: y("top") + y("ry"), rx: x("rx"), ry: y("ry") });
    case "polygon": {
      const points = (dataset.points ?? "").split(" ").map((pair) => pair.split(",").map(Number));
      return svgElement(inside, "polygon", { points: points.map(([left, top]) => `${left * width},${top * height}`).join(" ") });
    }
    case "text": {
      const size = textSize(dataset, height);
      const text = svgElement(inside, "text", { x: x("left") + 5, y: y("top") + size, "font-size": size, "font-family": "Arial" });
      text.textContent = dataset.text ?? "";
      return text;
    }
    default:
      return null;
  }
}

function textSize(dataset, height) {
  return (Number(dataset.fontSize) * height || 40) * Number(dataset.scale ?? 1);
}

function textGround(inside, { dataset }, width, height) {
  const size = textSize(dataset, height);
  const length = (dataset.text ?? "").length * size * 0.55 + 10;
  const box = { x: Number(dataset.left ?? 0) * width, y: Number(dataset.top ?? 0) * height, width: length, height: size * 1.3 };
  const ground = svgElement(inside, "rect", box);
  ground.style.fill = "#ffffff";
  return ground;
}

function svgElement(inside, name, attributes) {
  const made = inside.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
