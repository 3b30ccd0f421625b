// Small helpers for building pages out of elements; never out of text that is parsed as HTML.

/**
 * Makes an element. Attributes that are functions are listeners (`onclick`), false and null ones are left out.
 * @param {string} name @param {Object<string, any>} [attributes] @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/** `1 card`, `1,200 cards`. @param {number} number @param {string} word */
export function amount(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** Says something to screen readers. @param {string} text */
export function say(text) {
  byId("said").textContent = text;
}

/** Copies a text and says so. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${text}`);
    return true;
  } catch {
    say(`Could not copy ${text}`);
    return false;
  }
}
