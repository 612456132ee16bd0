const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that needs no escaping any more. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | number | string | readonly Markup[] | undefined;

/** Builds HTML; values are escaped unless they are HTML themselves, and left out when undefined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => text + renderPart(parts[index])).join(''));
}

function renderPart(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('\n');
  return String(part).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #4b45c6; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
.note { background: #b45309; color: #fff; font-size: 14px; padding: 6px 16px; text-align: center; }
main { margin: 32px auto; max-width: 560px; padding: 0 16px; }
h1 { font-size: 22px; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 32px 0 8px; }
p { margin: 4px 0 12px; }
.total { font-size: 30px; font-weight: 600; margin: 0 0 8px; }
.soft { opacity: 0.7; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid var(--line); font-weight: inherit; padding: 6px 8px 6px 0; text-align: left; vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; text-align: right; }
form.fields { display: grid; gap: 12px; margin: 16px 0; }
label { display: grid; font-size: 14px; gap: 4px; }
input, select { background: transparent; border: 1px solid var(--line); border-radius: 6px; color: inherit; font: inherit; padding: 8px 10px; width: 100%; }
.row { display: grid; gap: 12px; grid-template-columns: 1fr 1fr; }
.inline { align-items: end; display: flex; gap: 8px; }
button { background: var(--accent); border: 0; border-radius: 6px; color: #fff; cursor: pointer; font: inherit; padding: 9px 16px; }
button.other { background: transparent; border: 1px solid var(--line); color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.problem { background: #b91c1c; border-radius: 6px; color: #fff; margin: 12px 0; padding: 8px 12px; }
.done { background: #15803d; border-radius: 6px; color: #fff; padding: 8px 12px; }
details { background: var(--soft); border-radius: 6px; font-size: 14px; margin: 16px 0; padding: 8px 12px; }
summary { cursor: pointer; }
code { font-family: ui-monospace, monospace; white-space: nowrap; }
`;

/** A whole page, which says that no money is paid here. */
export function page(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
<div class="note" role="note">This is a sandbox: no card is charged, and nobody pays.</div>
<main>
${body}
</main>
</html>
`.text;
}
