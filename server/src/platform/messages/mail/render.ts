import { readFileSync } from 'node:fs';
import { type Brand, brandFooter, brandFooterText, brandHeader, escapeHtml } from '#platform/http';
import type { Clock } from '#platform/kernel';
import type { Facts, MailTemplate } from './catalogue.ts';
import type { Rendered } from './transport.ts';

const PLACE = /\{\{(\w+)\}\}/g;
const SUBJECT = /^Subject: (.+)\n\n/;
const BUTTON = /^\[(.+)\]\((\{\{\w+\}\})\)$/;
const CODE = /^\*\*(.+)\*\*$/;
const QUOTATION = /^> (.+)$/;
const LONGEST_FACT = 2_000;

const textOf = (file: URL) => readFileSync(file, 'utf8');
const LAYOUT = textOf(new URL('./templates/layout.html', import.meta.url));

/**
 * Fills a template: `{{name}}` is replaced by that fact, escaped in the HTML part; `{{sender}}` is the brand's name, `{{app}}` where its
 * customers sign in. Both parts come of the same file. Its first line is the subject, and the title of the HTML; paragraphs
 * follow, of which `[Accept]({{link}})` is a button, left out where its fact is empty, `**{{code}}**` a code, and `> {{comment}}` a
 * quotation. A template that names a fact which is not there throws.
 */
export function render(
  { name, file }: Pick<MailTemplate, 'name' | 'file'>,
  told: Facts,
  brand: Brand,
): Rendered {
  const facts = { ...told, ...ofProduct(told, brand), sender: brand.name, app: brand.appUrl ?? '' };
  const source = textOf(new URL(`${file.href}.txt`));
  const subjectLine = SUBJECT.exec(source)?.[1];
  if (subjectLine === undefined) throw new Error(`the template ${name} does not begin with its subject`);
  const subject = fill(subjectLine, facts, plain);
  const paragraphs = source
    .replace(SUBJECT, '')
    .trimEnd()
    .split(/\n{2,}/)
    .flatMap((paragraph) => renderParagraph(paragraph, facts, brand) ?? []);
  const footer = brandFooter(brand);
  const parts: Readonly<Record<string, string>> = {
    subject: escapeHtml(subject),
    header: brandHeader(brand),
    content: paragraphs.map(({ html }) => html).join('\n'),
    footer: `${escapeHtml(brand.name)}${footer === '' ? '' : ` · ${footer}`}`,
  };
  const signature = [brand.name, ...brandFooterText(brand)].join('\n');
  return {
    subject,
    text: `${[...paragraphs.map(({ text }) => text), signature].join('\n\n')}\n`,
    html: LAYOUT.replace(PLACE, (_place, part: string) => parts[part] ?? ''),
  };
}

/** Both forms of a paragraph; undefined: it is a button that leads nowhere. */
function renderParagraph(source: string, facts: Facts, brand: Brand): Omit<Rendered, 'subject'> | undefined {
  const [, label, place] = BUTTON.exec(source) ?? [];
  if (label !== undefined && place !== undefined) {
    const link = fill(place, facts, plain);
    if (link === '') return undefined;
    return {
      text: `${fill(label, facts, plain)}:\n${link}`,
      html: button(fill(label, facts, escapedFact), escapeHtml(link), brand),
    };
  }
  const text = fill(source.replace(CODE, '$1'), facts, plain);
  const code = CODE.exec(source)?.[1];
  if (code !== undefined) return { text, html: `<p class="code">${fill(code, facts, escapedFact)}</p>` };
  const quotation = QUOTATION.exec(source)?.[1];
  const html =
    quotation === undefined
      ? `<p>${fill(escapeHtml(source), facts, escapedFact).replaceAll('\n', '<br>')}</p>`
      : `<blockquote>${fill(quotation, facts, escapedFact)}</blockquote>`;
  return { text, html };
}

/** Outlook for Windows draws no padding of a link: it takes that of the cell. */
const button = (label: string, link: string, { accent, accentText }: Brand) =>
  `<table role="presentation" cellpadding="0" cellspacing="0"><tr><td style="border-radius:6px;background:${accent};mso-padding-alt:10px 18px"><a class="button" href="${link}" style="display:inline-block;padding:10px 18px;border:1px solid ${accentText};border-radius:6px;background:${accent};color:${accentText};font-weight:600;text-decoration:none">${label}</a></td></tr></table>
<p class="dim">Or copy this address into your browser:<br>${link}</p>`;

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
