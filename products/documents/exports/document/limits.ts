/**
 * Bounds of one document. About 600 pages of text; past that a file takes minutes, and is not read. A scope that has more is
 * refused before anything is charged, or fails with the same words.
 */
export const MOST = {
  /** Characters of all sections together. */
  characters: 1_500_000,
  /** Paragraphs, items, cells and so on. */
  pieces: 60_000,
  tableRows: 10_000,
  /** A table with more is written as lines of text. */
  tableColumns: 12,
  /** Lists in lists, quotes in quotes. */
  depth: 8,
} as const;

/** A scope too large for a document, with the reason for the caller. */
export class TooLarge extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'TooLarge';
  }
}

/** Counts pieces, and ends what has too many. */
export class Budget {
  #pieces = 0;
  #rows = 0;

  piece(): void {
    this.#pieces += 1;
    if (this.#pieces > MOST.pieces)
      throw new TooLarge(`The scope has more than ${MOST.pieces} paragraphs, items and cells.`);
  }

  row(cells: number): void {
    this.#rows += 1;
    if (this.#rows > MOST.tableRows) throw new TooLarge(`The tables have more than ${MOST.tableRows} rows.`);
    for (let n = 0; n < cells; n++) this.piece();
  }
}
