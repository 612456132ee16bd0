import type { Route } from '#platform/http';

const BOUNDARY = 'walker';
export const FIELDS_TYPE = 'application/x-www-form-urlencoded';
const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** The type of the body that a route takes. */
export const bodyTypeOf = ({ multipart, urlencoded }: Pick<Route['shape'], 'multipart' | 'urlencoded'>) =>
  multipart === true ? FORM_TYPE : urlencoded === true ? FIELDS_TYPE : 'application/json';

/** A part of a form: its parameters with more headers, and its text. */
type Part = readonly [head: string, text: string];

function formOf(parts: readonly Part[]): string {
  const texts = parts.map(
    ([head, text]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${head}\r\n\r\n${text}\r\n`,
  );
  return `${texts.join('')}--${BOUNDARY}--\r\n`;
}

/** An example's body as a form: the member `file` is one. */
export function formText(body: Readonly<Record<string, unknown>>): string {
  return formOf(Object.entries(body).map(([name, value]) => partOf(name, String(value))));
}

/** The same as fields, without those that are undefined. */
export const fieldsText = (body: Readonly<Record<string, unknown>>): string =>
  new URLSearchParams(
    Object.fromEntries(
      Object.entries(body)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    ),
  ).toString();

const partOf = (name: string, text: string): Part => [
  `name="${name}"${name === 'file' ? '; filename="a.mp3"' : ''}`,
  text,
];

const FILE = partOf('file', 'a sound');
const MODEL = partOf('model', 'sandbox-transcribe');
const GOOD = [FILE, MODEL];

/** Forms that no call may take. */
export const BROKEN_FORMS: readonly string[] = [
  formOf([]),
  formOf([FILE]),
  formOf([MODEL]),
  formOf([...GOOD, FILE]),
  formOf([...GOOD, MODEL]),
  formOf([...GOOD, partOf('unheard_of', '1')]),
  formOf([...GOOD, partOf('__proto__', '{"admin":true}')]),
  formOf([...GOOD, partOf('prompt', '\0')]),
  formOf([...GOOD, ['name="a\nb"', '']]),
  formOf([...GOOD, ['name="a\r\n\r\nb"', '']]),
  formOf([...GOOD, ['name="prompt"; name="model"', 'x']]),
  formOf([...GOOD, ['name="prompt"; filename="a"', 'x']]),
  formOf([...GOOD, ['filename="a"', 'x']]),
  formOf([...GOOD, ['name=""', 'x']]),
  formOf([MODEL, ['name="file"; filename="\\"; name=\\"a"\r\ncontent-transfer-encoding: base64', 'AA==']]),
  formOf([FILE, partOf('model', formOf(GOOD))]),
  ` ${formOf(GOOD)}`,
  `${formOf(GOOD)}${formOf(GOOD)}`,
  formOf(GOOD).slice(0, -6),
  formOf(GOOD).replaceAll('\r\n', '\n'),
  formOf(GOOD).replaceAll('walker', 'walkers'),
  `--${BOUNDARY}--`,
];

/** Forms that cost a reader the most for their bytes, and that none takes. */
export function worstForms(bytes: number): (readonly [what: string, form: string])[] {
  const fill = (part: string) => part.repeat(Math.floor(bytes / part.length));
  const small = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n`;
  return [
    ['parts', `${fill(small)}--${BOUNDARY}--`],
    ['near boundaries', fill(`\r\n--${BOUNDARY.slice(0, -1)}`)],
    ['boundaries', fill(`--${BOUNDARY}`)],
    ['a head', `--${BOUNDARY}\r\n${fill('a: b\r\n')}`],
    ['parameters', `--${BOUNDARY}\r\ncontent-disposition: form-data${fill('; a="\\"')}\r\n\r\n`],
  ];
}
