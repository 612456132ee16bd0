const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it may stand in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** The text that `escapeHtml` was given. */
export const unescapeHtml = (text: string): string =>
  Object.entries(ENTITIES)
    .toReversed()
    .reduce((said, [sign, entity]) => said.replaceAll(entity, sign), text);
