// The search of a page without a server: words, "phrases", -not, tag:name and *, as in Anki; all must hold.

const TERM = /(-?)(?:(tag):)?(?:"([^"]*)"?|(\S+))/g;

/** @param {string} query @returns {(note: any, tags: string[]) => boolean} */
export function wordMatcher(query) {
  const terms = [...query.matchAll(TERM)].map(([, minus, tag, phrase, word]) => ({
    wanted: minus === "",
    test: tag ? tagTest(phrase ?? word) : textTest(phrase ?? word),
  }));
  return (note, tags) => terms.every(({ wanted, test }) => test(note, tags) === wanted);
}

function textTest(text) {
  const pattern = new RegExp(wildcards(text), "isu");
  return (note) => pattern.test(`${note.question}\u001f${note.answer}`);
}

function tagTest(text) {
  const pattern = new RegExp(`^${wildcards(text)}(::.*)?$`, "isu");
  return (note, tags) => note.tags.some((tag) => pattern.test(tags[tag]));
}

function wildcards(text) {
  return text.replace(/[\\^$.|?+()[\]{}/-]/g, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`).replaceAll("*", ".*");
}
