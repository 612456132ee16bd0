import { readFileSync } from 'node:fs';
import { type Brand, brandFooter, brandFooterText, brandHeader, escapeHtml } from '#platform/http';
import type { Clock } from '#platform/kernel';
import type { Facts, MailTemplate } from './catalogue.ts';
import type { Rendered } from './transport.ts';

const PLACE = /\{\{(\w+)\}\}/g;
const SUBJECT = /^Subject: (.+)\n\n/;
const LONGEST_FACT = 2_000;

const LAYOUT = new URL('./templates/layout.html', import.meta.url);

const textOf = (file: URL) => readFileSync(file, 'utf8');

/**
 * Fills a template: `{{name}}` is replaced by that fact, escaped in the HTML part; `{{sender}}` is the brand's name. A template has
 * no logic; one that names a fact which is not there throws. The subject is the first line of the text part.
 */
export function render(
  { name, file }: Pick<MailTemplate, 'name' | 'file'>,
  told: Facts,
  brand: Brand,
): Rendered {
  const facts = { ...told, ...ofProduct(told, brand), sender: brand.name };
  const source = textOf(new URL(`${file.href}.txt`));
  const subjectLine = SUBJECT.exec(source)?.[1];
  if (subjectLine === undefined) throw new Error(`the template ${name} does not begin with its subject`);
  const subject = fill(subjectLine, facts, plain);
  const footer = brandFooterText(brand).join('\n');
  const parts: Readonly<Record<string, string>> = {
    subject: escapeHtml(subject),
    header: brandHeader(brand),
    accent: brand.accent,
    accent_text: brand.accentText,
    content: fill(textOf(new URL(`${file.href}.html`)).trimEnd(), facts, escapedFact),
    footer: brandFooter(brand),
  };
  return {
    subject,
    text: `${fill(source.replace(SUBJECT, ''), facts, plain)}${footer === '' ? '' : `\n${footer}\n`}`,
    html: textOf(LAYOUT).replace(PLACE, (_place, part: string) => parts[part] ?? ''),
  };
}

/** A mail that names its product calls it as its brand does. */
function ofProduct(facts: Facts, { productName }: Brand): Facts {
  return productName === undefined || facts['product'] === undefined ? {} : { product: productName };
}

function fill(source: string, facts: Facts, written: (fact: string | number) => string): string {
  return source.replace(PLACE, (_place, name: string) => {
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    if (fact === undefined) throw new Error(`a template names the fact ${name}, which is not there`);
    return written(fact);
  });
}

/** On one line: the name of an organization must not add lines or headers to a mail. */
function plain(fact: string | number): string {
  return String(fact)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
    .slice(0, LONGEST_FACT);
}

const escapedFact = (fact: string | number) => escapeHtml(plain(fact));

/** An instant as a mail says it: `2026-11-20 08:00 UTC`. */
export function mailTime(instant: Date): string {
  return `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function mailTimeNow(clock: Clock): string {
  return mailTime(new Date(clock.now()));
}
