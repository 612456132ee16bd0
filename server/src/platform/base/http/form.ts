import { AppError } from '#platform/kernel';

/** A part of a form: a text, or a file where it names one. The bytes are those of the body, and no copy. */
export interface FormPart {
  readonly name: string;
  readonly bytes: Buffer;
  readonly file: { readonly name: string; readonly type: string } | undefined;
}

/** No form that a call takes has more; a part has two headers. */
const MOST_PARTS = 256;
const LONGEST_HEAD = 4_096;
const BLANK_LINE = '\r\n\r\n';
/** `name="…"`, with its quotes escaped by a backslash as curl does. */
const PARAMETER = /\s*;\s*([\w*-]+)=(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s";]+))/y;

/** The boundary of a form, where a body is one. */
export function boundaryOf(type = ''): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(type)) return undefined;
  const [, quoted, word] = /;\s*boundary=(?:"([!-~ ]{1,70})"|([!-~]{1,70}))\s*(?:;|$)/i.exec(type) ?? [];
  return quoted ?? word;
}

/**
 * Reads a form (RFC 7578). Strictly, as all clients write it: nothing stands before its first boundary or behind its last, and no part
 * is encoded. What is not so could be read otherwise elsewhere.
 */
export function readForm(body: Buffer, type: string | undefined): FormPart[] {
  const boundary = boundaryOf(type);
  if (boundary === undefined) throw malformed('its type names no boundary');
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (!isAt(body, 0, `--${boundary}`)) throw malformed('it does not begin with its boundary');
  const parts: FormPart[] = [];
  let at = delimiter.length - 2;
  for (; !isAt(body, at, '--'); ) {
    const head = body.subarray(at, at + LONGEST_HEAD).indexOf(BLANK_LINE);
    const from = at + head + BLANK_LINE.length;
    const end = head === -1 ? -1 : body.indexOf(delimiter, from);
    if (end === -1 || !isAt(body, at, '\r\n')) throw malformed('a part has no headers or no end');
    if (parts.length >= MOST_PARTS) throw malformed('it has too many parts');
    parts.push(readPart(body.toString('utf8', at + 2, at + head), body.subarray(from, end)));
    at = end + delimiter.length;
  }
  const rest = body.length - at - 2;
  if (rest !== 0 && !(rest === 2 && isAt(body, at + 2, '\r\n')))
    throw malformed('something stands behind its end');
  return parts;
}

function readPart(head: string, bytes: Buffer): FormPart {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (name === '' || headers.has(name)) throw malformed('a header of a part is none, or stands twice');
    headers.set(name, line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  if (!/^form-data\s*;/i.test(disposition)) throw malformed('a part does not say what it is');
  if (!/^(?:7bit|8bit|binary)$/i.test(headers.get('content-transfer-encoding') ?? 'binary'))
    throw malformed('a part is encoded');
  const parameters = readParameters(disposition.slice('form-data'.length));
  const name = parameters.get('name');
  if (name === undefined) throw malformed('a part has no name');
  const file = parameters.get('filename') ?? parameters.get('filename*');
  const type = headers.get('content-type') ?? 'application/octet-stream';
  return { name, bytes, file: file === undefined ? undefined : { name: file, type } };
}

function readParameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < text.trimEnd().length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at;
    const [, name = '', quoted, word = ''] = PARAMETER.exec(text) ?? [];
    if (name === '' || found.has(name.toLowerCase())) throw malformed('a part has a name that is none');
    found.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? word);
  }
  return found;
}

function isAt(body: Buffer, at: number, text: string): boolean {
  return body.toString('latin1', at, at + text.length) === text;
}

function malformed(why: string): AppError {
  return new AppError('validation_failed', {
    message: `The body must be a form (multipart/form-data): ${why}.`,
    details: { field: 'body' },
  });
}
