const LONGEST_NAME = 255;
const LONGEST_ENDING = 20;
/** Characters that can't be seen, turn text around, or end a line: controls, marks of direction, separators of lines, halves of pairs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** Characters that separate folders, or mean something to a shell or a system of files. */
const SEPARATORS = /[/\\:*?"<>|]/g;
/** Names that Windows gives to devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A name under which a file can be saved anywhere: no folder, nothing unseen, at most 255 characters with its ending kept. What
 * remains of nothing is `file`.
 */
export function cleanFilename(given: string): string {
  const name = given
    .normalize('NFC')
    .replaceAll(UNSEEN, '')
    .replaceAll(SEPARATORS, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  if (name === '') return 'file';
  return shortenName(DEVICE.test(name) ? `_${name}` : name);
}

/** By code points: no pair is cut into halves. */
function shortenName(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= LONGEST_ENDING ? name.slice(dot) : '';
  const most = LONGEST_NAME - ending.length;
  let short = '';
  for (const letter of name) {
    if (short.length + letter.length > most) break;
    short += letter;
  }
  return short.trimEnd() + ending;
}

/** The header that has a browser save a file under a name (RFC 6266), and never show it. */
export function contentDisposition(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename).replaceAll(
    /['()*!]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;

/** A media type without its parameters, in small letters; undefined for what is none. */
export function mediaType(given: string): string | undefined {
  const [type = ''] = given.split(';', 1);
  const small = type.trim().toLowerCase();
  return TYPE.test(small) ? small : undefined;
}

/** Types that no browser runs as part of a page. */
const HARMLESS =
  /^(application\/(pdf|zip|json|x-ndjson|msword|rtf|vnd\.openxmlformats-officedocument\.[a-z.]+|vnd\.oasis\.opendocument\.[a-z]+)|text\/(plain|csv|markdown)|image\/(png|jpeg|gif|webp|avif|tiff|bmp)|(audio|video)\/[a-z0-9.+-]+|font\/[a-z0-9.+-]+)$/;

/** The type that a file is answered with: its own, or bytes of no type where a browser might run it (HTML, SVG, XML, scripts). */
export function servedType(type: string): string {
  return HARMLESS.test(type) ? type : 'application/octet-stream';
}
