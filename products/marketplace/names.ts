import { foldName } from 'plinth/product';
import type { PluginManifest } from './review/manifest.ts';

type Names = Pick<PluginManifest, 'id' | 'name' | 'author'>;

/** No plugin and no author is called so: customers would take them for us. */
const RESERVED =
  'plinth adiuva coditect orbit prism reel gateway official verified admin administrator moderator staff'
    .split(' ')
    .map(foldName);
/** These also within another word: no word of a language has them. */
const ANYWHERE = ['plinth', 'adiuva', 'coditect'].map(foldName);
/** Ids that calls have as a part of their path. */
const PATHS = ['installed', 'revoked', 'pending', 'signing-keys'];

/** How a plugin looks to who reads its name, id and author: what looks the same is the same text. */
export const looksOf = ({ id, name, author }: Names) => ({
  name: foldName(name),
  id: foldName(id),
  author: foldName(author),
});

/** The first of a manifest's names that is reserved, or invisible. */
export const reservedIn = (names: Names): keyof Names | undefined =>
  PATHS.includes(names.id)
    ? 'id'
    : (['id', 'name', 'author'] as const).find((field) => isReserved(names[field]));

function isReserved(text: string): boolean {
  const folded = foldName(text);
  const words = [folded, ...text.split(/[^\p{L}\p{N}\p{M}]+/u).map(foldName)];
  return (
    folded === '' ||
    ANYWHERE.some((word) => folded.includes(word)) ||
    words.some((word) => RESERVED.includes(word))
  );
}
