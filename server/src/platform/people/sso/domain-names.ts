import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** Domains at which strangers share a provider: an owner of one could sign in as all of them. */
const PUBLIC: ReadonlySet<string> = new Set(
  z
    .array(z.string())
    .parse(JSON.parse(readFileSync(new URL('./public-mail-domains.json', import.meta.url), 'utf8'))),
);
/** Letters of any script, digits, dashes and dots. */
const TYPED = /^[\p{L}\p{M}\p{N}.-]+$/u;
const NAME =
  /^(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/** A domain as it is stored and compared: ASCII (RFC 5891), small letters, no dot at the end. Undefined: it is none. */
export function domainName(text: string): string | undefined {
  const typed = text.trim().replace(/\.$/, '');
  // Node reads a URL's host out of what it is given, and would drop what follows a slash.
  if (!TYPED.test(typed)) return undefined;
  const name = domainToASCII(typed);
  return NAME.test(name) && isIP(name) === 0 ? name : undefined;
}

/** The domain of an email address, as `domainName` writes it. */
export function domainOf(email: string): string | undefined {
  return domainName(email.slice(email.lastIndexOf('@') + 1));
}

/** Whether anybody can have an address there, below it too (`someone@mail.gmail.com`). */
export function isPublicMail(domain: string): boolean {
  const labels = domain.split('.');
  return labels.some((_label, at) => PUBLIC.has(labels.slice(at).join('.')));
}
