/** A field of a composite value; null and undefined are SQL's null. */
export type Field = string | number | boolean | null | undefined;

/**
 * Writes a value of a composite type as PostgreSQL reads it: `("a","b",1,)`. Admission's requests travel so, because the
 * database reads them in a tenth of the time that it takes for JSON.
 */
export function composite(fields: readonly Field[]): string {
  let text = '(';
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index];
    if (index > 0) text += ',';
    if (field === null || field === undefined) continue;
    text += typeof field === 'string' ? quote(field) : field;
  }
  return `${text})`;
}

/** Writes an array of elements that are encoded already, composites or texts. */
export function arrayOf(elements: readonly string[]): string {
  return `{${elements.map(quote).join(',')}}`;
}

function quote(text: string): string {
  return `"${PLAIN.test(text) ? text : text.replace(/["\\]/g, '\\$&')}"`;
}

const PLAIN = /^[^"\\]*$/;
