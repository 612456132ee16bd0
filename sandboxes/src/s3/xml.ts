import { S3Error } from './refusal.ts';

export type Content =
  | string
  | number
  | boolean
  | undefined
  | readonly Content[]
  | { readonly [name: string]: Content };

/** A document: a list is written as elements of one name, and undefined values are left out. */
export function writeXml(root: string, content: Content): string {
  const space = root === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content, space)}`;
}

function element(name: string, content: Content, attributes = ''): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((one: Content) => element(name, one)).join('');
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : escapeXml(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Control characters as character references, which XML 1.0 has no place for otherwise: as S3 writes them. */
const escapeXml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\p{Cc}]/gu, (sign) => `&#x${sign.codePointAt(0)?.toString(16) ?? ''};`);

const unescapeXml = (text: string) =>
  text.replace(/&(#x[\da-f]{1,6}|#\d{1,7}|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
    const code = Number(name.toLowerCase().startsWith('#x') ? `0${name.slice(1)}` : name.slice(1));
    return code > 0x10_ffff ? whole : String.fromCodePoint(code);
  });

/** An element that was read. */
export class Element {
  readonly name: string;
  readonly children: Element[] = [];
  text = '';

  constructor(name: string) {
    this.name = name;
  }

  all(name: string): readonly Element[] {
    return this.children.filter((child) => child.name === name);
  }

  /** The text of a child; undefined when there is none of that name. */
  one(name: string): string | undefined {
    return this.all(name)[0]?.text;
  }
}

const TOKEN = /<\?[^>]*\?>|<(\/?)([\w:.-]+)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/y;

/** Reads elements and texts, which requests consist of. Refuses the rest of XML. */
export function readXml(text: string, root: string): Element {
  const top = new Element('');
  const open = [top];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
    const [, isEnd, name, , isEmpty, said] = TOKEN.exec(text) ?? throwMalformed();
    const current = open.at(-1) ?? throwMalformed();
    if (said !== undefined) current.text += unescapeXml(said);
    if (name === undefined) continue;
    if (isEnd === '/') {
      if (open.pop()?.name !== name) throwMalformed();
      continue;
    }
    const next = new Element(name);
    current.children.push(next);
    if (isEmpty !== '/') open.push(next);
  }
  const [found] = top.children;
  if (open.length !== 1 || top.children.length !== 1 || found?.name !== root) throwMalformed();
  return found ?? throwMalformed();
}

function throwMalformed(): never {
  throw new S3Error('MalformedXML');
}
