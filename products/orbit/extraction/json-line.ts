/**
 * Material of a prompt as JSON on one line: its content stays inside of the quotation marks, and forges neither a
 * further line of the message nor its end.
 */
export function jsonLine(material: unknown): string {
  return JSON.stringify(material).replaceAll(
    /[\u0085\u2028\u2029]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
