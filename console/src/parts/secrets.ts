const KEY = 'pl_';
/** Characters of an API key after that which may be looked for: what is shown of it, and nothing secret. */
const SHOWN_OF_KEY = 8;

/** The groups of a text that looks like a licence key: a name, and groups of four characters. */
function licenceGroups(text: string): string[] | undefined {
  const groups = text.split(/[\s\u2010-\u2015_-]+/);
  return groups.length > 4 && groups.slice(1).every((group) => /^[0-9a-z]{4}$/i.test(group))
    ? groups
    : undefined;
}

/** What of a key may stand in an address: the beginning of an API key; of a licence key its first and its last group. */
export function withoutSecret(text: string): string {
  if (text.startsWith(KEY)) return text.slice(0, KEY.length + SHOWN_OF_KEY);
  const groups = licenceGroups(text);
  return groups === undefined ? text : `${groups[0]}-${groups.at(-1)}`;
}

/** The end of a licence key alone. */
export const endOfLicence = (text: string): string => licenceGroups(text)?.at(-1) ?? text;
