// The deck as the page knows it: notes, their cards in one row, and which of them are chosen.

const KEPT_CHUNKS = 40;

export class Deck {
  /** @param {any} index @param {import("./source.js").DeckSource} source */
  constructor(index, source) {
    Object.assign(this, { name: index.deck.name, deck: index.deck, types: index.types, topics: index.topics });
    Object.assign(this, { tags: index.tags, notes: index.notes, problems: index.problems, frameCss: index.frame });
    this._source = source;
    this._size = index.chunk;
    this._chunks = new Map();
    const count = this.notes.reduce((sum, note) => sum + note.cards.length, 0);
    this._note = new Uint32Array(count);
    this._nth = new Uint16Array(count);
    let card = 0;
    this.notes.forEach((note, number) => {
      note.first = card;
      for (let nth = 0; nth < note.cards.length; nth += 1, card += 1) {
        this._note[card] = number;
        this._nth[card] = nth;
      }
    });
  }

  /** How many cards there are. */
  get size() {
    return this._note.length;
  }

  /** The number of the note that a card is of. @param {number} card */
  noteNumber(card) {
    return this._note[card];
  }

  /** @param {number} card @returns {any} */
  noteOf(card) {
    return this.notes[this._note[card]];
  }

  /** Which of its note's cards a card is, from 0. @param {number} card */
  nth(card) {
    return this._nth[card];
  }

  /** The card's number in its note type, from 0. @param {number} card */
  ordinal(card) {
    return this.noteOf(card).cards[this._nth[card]];
  }

  /** The card's question as plain text, for labels. @param {number} card */
  label(card) {
    const note = this.noteOf(card);
    return note.question || note.answer || "a picture";
  }

  /** Finds a card again by its note's key. @param {string} key @param {number} nth @returns {number} -1 if gone */
  find(key, nth) {
    const note = this.notes.find((each) => each.key === key);
    return note ? note.first + Math.min(nth, note.cards.length - 1) : -1;
  }

  /** Numbers of the cards that are chosen. @param {{topic: string?, tag: string?, notes: Set<number>?}} choice */
  chosen({ topic, tag, notes }) {
    const topicNumber = topic === null ? -1 : this.topics.indexOf(topic);
    const tags = tag === null ? null : tagsBelow(this.tags, tag);
    const found = [];
    for (let card = 0; card < this.size; card += 1) {
      const note = this.noteOf(card);
      if (topic !== null && note.topic !== topicNumber) continue;
      if (tags && !note.tags.some((each) => tags.has(each))) continue;
      if (notes && !notes.has(this._note[card])) continue;
      found.push(card);
    }
    return Uint32Array.from(found);
  }

  /** @param {number} card @returns {Promise<{name: string, front: string, back: string}>} */
  async sides(card) {
    const note = this._note[card];
    const chunk = Math.floor(note / this._size);
    const notes = await this._chunk(chunk);
    return notes[note % this._size][this._nth[card]];
  }

  _chunk(number) {
    const known = this._chunks.get(number) ?? this._source.cards(number);
    this._chunks.delete(number); // and to the end: what was asked for last goes last
    this._chunks.set(number, known);
    if (this._chunks.size > KEPT_CHUNKS) this._chunks.delete(this._chunks.keys().next().value);
    known.catch(() => this._chunks.delete(number));
    return known;
  }
}

/** A tag and all below it, as Anki's searches take it. @param {string[]} tags @param {string} tag */
function tagsBelow(tags, tag) {
  const found = new Set();
  tags.forEach((each, number) => {
    if (each === tag || each.startsWith(`${tag}::`)) found.add(number);
  });
  return found;
}

/** How many notes have each topic and each tag. @param {Deck} deck */
export function countNotes(deck) {
  const topics = new Uint32Array(deck.topics.length);
  const tags = new Uint32Array(deck.tags.length);
  for (const note of deck.notes) {
    topics[note.topic] += 1;
    for (const tag of note.tags) tags[tag] += 1;
  }
  return { topics, tags };
}
