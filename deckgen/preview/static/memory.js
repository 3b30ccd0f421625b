// What a browser remembers of its reader's choices, where it may: a page from disk may have no storage.

/** @param {string} name @returns {any} null for what was never remembered */
export function remembered(name) {
  try {
    return JSON.parse(localStorage.getItem(`deckgen-${name}`));
  } catch {
    return null;
  }
}

/** @param {string} name @param {any} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`deckgen-${name}`, JSON.stringify(value));
  } catch {
    // then not
  }
}
