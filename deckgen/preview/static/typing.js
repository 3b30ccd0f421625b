// What was typed beside what was expected, letter by letter, as Anki compares them.

/** @typedef {{kind: "Good" | "Bad" | "Missed", text: string}} Piece */

const MARKS = /^\p{M}/u;
const POPULAR_FROM = 200; // letters; from there on Anki's matcher begins only at letters that are common

/**
 * Compares an answer. Lines: what was typed, and what was expected; one line if they are the same or nothing was typed.
 * @param {string} expected plain text @param {string} typed @param {boolean} [combining] whether marks on letters count
 * @returns {Piece[][]} the kind of a single piece is empty where nothing was typed
 */
export function compareTyped(expected, typed, combining = true) {
  if (typed === "") return [[{ kind: "", text: expected }]];
  const wanted = combining ? [...expected.normalize("NFC")] : letters(expected);
  const given = combining ? [...typed.normalize("NFC")] : [...typed.normalize("NFKD").replace(/\p{M}/gu, "")];
  const plain = combining ? wanted : wanted.map((letter) => letter.replace(/\p{M}/gu, ""));
  if (plain.join("") === given.join("")) return [[{ kind: "Good", text: combining ? expected.normalize("NFC") : expected }]];
  const [above, below] = [[], []];
  for (const [start, end, from, to] of steps(given, plain)) {
    const [mine, theirs] = [given.slice(start, end).join(""), wanted.slice(from, to).join("")];
    if (given.slice(start, end).join("") === plain.slice(from, to).join("") && end > start) {
      above.push({ kind: "Good", text: mine });
      below.push({ kind: "Good", text: theirs });
      continue;
    }
    if (end > start) above.push({ kind: "Bad", text: mine });
    else above.push({ kind: "Missed", text: "-".repeat(to - from) });
    if (to > from) below.push({ kind: "Missed", text: theirs });
  }
  return combining ? [isolated(above), isolated(below)] : [above, below];
}

/** A mark that begins a piece would stand on the piece before it. @param {Piece[]} pieces */
function isolated(pieces) {
  return pieces.map(({ kind, text }) => ({ kind, text: MARKS.test(text) ? `\u00a0${text}` : text }));
}

/** Letters with the marks that stand on them; marks before the first letter are left out. @param {string} text */
function letters(text) {
  return text.normalize("NFKD").match(/\P{M}\p{M}*/gu) ?? [];
}

/** Steps that lead from one text to the other: equal stretches and what lies between them (Ratcliff and Obershelp). */
function steps(given, wanted) {
  const found = [];
  let [place, other] = [0, 0];
  for (const [start, from, size] of [...matches(given, wanted), [given.length, wanted.length, 0]]) {
    if (place < start || other < from) found.push([place, start, other, from]);
    if (size) found.push([start, start + size, from, from + size]);
    [place, other] = [start + size, from + size];
  }
  return found;
}

function matches(given, wanted) {
  const places = placesOf(wanted);
  const rows = [new Int32Array(wanted.length + 1), new Int32Array(wanted.length + 1)];
  const waiting = [[0, given.length, 0, wanted.length, Infinity]];
  const found = [];
  while (waiting.length) {
    const [low, high, from, to, most] = waiting.pop();
    const best = longestMatch(given, { places, rows }, [low, high, from, to, most]);
    const [start, at, size] = widened(given, wanted, best, [low, high, from, to]);
    if (!size) continue;
    found.push([start, at, size]);
    if (low < start && from < at) waiting.push([low, start, from, at, best[2]]);
    if (start + size < high && at + size < to) waiting.push([start + size, high, at + size, to, best[2]]);
  }
  found.sort((one, two) => one[0] - two[0] || one[1] - two[1]);
  return joined(found);
}

function joined(found) {
  const made = [];
  for (const [start, at, size] of found) {
    const last = made.at(-1);
    if (last && last[0] + last[2] === start && last[1] + last[2] === at) last[2] += size;
    else made.push([start, at, size]);
  }
  return made;
}

function placesOf(wanted) {
  const places = new Map();
  wanted.forEach((letter, place) => {
    if (!places.has(letter)) places.set(letter, []);
    places.get(letter).push(place);
  });
  if (wanted.length >= POPULAR_FROM) {
    const many = Math.floor(wanted.length / 100) + 1;
    for (const [letter, all] of places) if (all.length <= many) places.delete(letter);
  }
  return places;
}

/**
 * The first of the longest matches in a part. No part has a longer one than the whole (`most`), so the search ends at one
 * of that length: without this, texts that share many single letters would take seconds.
 */
function longestMatch(given, { places, rows }, [low, high, from, to, most]) {
  let [start, at, size] = [low, from, 0];
  let [before, row] = rows; // the length of the match that ends before a place of `wanted`, for one letter of `given`
  let last = [];
  for (let place = low; place < high && size < most; place += 1) {
    const all = places.get(given[place]) ?? [];
    for (let next = firstFrom(all, from); next < all.length && all[next] < to; next += 1) {
      const other = all[next];
      const length = (other > from ? before[other] : 0) + 1;
      row[other + 1] = length;
      if (length > size) [start, at, size] = [place - length + 1, other - length + 1, length];
    }
    for (const other of last) before[other + 1] = 0;
    [before, row, last] = [row, before, all];
  }
  for (const each of rows) each.fill(0, from, to + 1);
  return [start, at, size];
}

/** The index of the first number that is not below another, in a sorted list. */
function firstFrom(numbers, least) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A match with the letters beside it that are alike but that no match begins with. */
function widened(given, wanted, [start, at, size], [low, high, from, to]) {
  while (start > low && at > from && given[start - 1] === wanted[at - 1]) [start, at, size] = [start - 1, at - 1, size + 1];
  while (start + size < high && at + size < to && given[start + size] === wanted[at + size]) size += 1;
  return [start, at, size];
}

/** @param {Document} inside the frame's document @param {Piece[][]} lines @returns {HTMLElement} */
export function typedElement(inside, lines) {
  const code = inside.createElement("code");
  code.id = "typeans";
  lines.forEach((line, number) => {
    if (number) code.append(inside.createElement("br"), arrow(inside), inside.createElement("br"));
    code.append(...line.map((piece) => pieceElement(inside, piece)));
  });
  return code;
}

function pieceElement(inside, { kind, text }) {
  if (!kind) return inside.createTextNode(text);
  const span = inside.createElement("span");
  span.className = `type${kind}`;
  span.textContent = text;
  return span;
}

function arrow(inside) {
  const span = inside.createElement("span");
  span.id = "typearrow";
  span.textContent = "↓";
  return span;
}
