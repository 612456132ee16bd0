import { AppError } from 'plinth/product';

/**
 * Characters of the text of a scope's sections: some 130 pages, and as many as one extraction makes at most. Each change reads them all, for
 * the search and for the version that it keeps: 0.15 s of the database at this length.
 */
export const MOST_CHARACTERS = 400_000;

/** Throws `scope_too_long` where a change made a scope longer than it can be; one that is too long already can be cut. */
export function assertNotTooLong(characters: number, grown: number): void {
  if (grown > 0 && characters > MOST_CHARACTERS)
    throw new AppError('scope_too_long', { details: { max: MOST_CHARACTERS, characters } });
}
