import { foldName } from '#platform/texts';
import type { PluginManifest } from './review/manifest.ts';

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
export const looksOf = ({ id, name, author }: Pick<PluginManifest, 'id' | 'name' | 'author'>) => ({
  name: foldName(name),
  id: foldName(id),
  author: foldName(author),
});

/** The first of a manifest's names that is reserved, or that nobody could see. */
export function reservedIn({
  id,
  name,
  author,
}: Pick<PluginManifest, 'id' | 'name' | 'author'>): 'id' | 'name' | 'author' | undefined {
  if (PATHS.includes(id)) return 'id';
  const names = [['id', id] as const, ['name', name] as const, ['author', author] as const];
  return names.find(([, text]) => isReserved(text))?.[0];
}

function isReserved(text: string): boolean {
  const folded = foldName(text);
  const words = text.split(/[^\p{L}\p{N}\p{M}]+/u).map(foldName);
  return (
    folded === '' ||
    RESERVED.includes(folded) ||
    ANYWHERE.some((word) => folded.includes(word)) ||
    words.some((word) => RESERVED.includes(word))
  );
}
