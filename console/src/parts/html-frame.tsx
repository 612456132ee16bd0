interface HtmlFrameProps {
  readonly title: string;
  readonly html: string;
  /** As a reader sees it whose device is dark; undefined: as this one is. */
  readonly scheme?: 'light' | 'dark';
}

/**
 * A page or a mail in a frame that runs nothing, sends nothing and leads nowhere. It has the page's own content security policy, by which
 * styles count where they have its nonce: those of the head are given it, and those of attributes, which readers of mail want, are moved there.
 */
export function HtmlFrame({ title, html, scheme }: HtmlFrameProps) {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.nonce ?? '';
  const styled = styledByHead(html).replace('<style>', `<style nonce="${nonce}">`);
  const shown = scheme === undefined ? styled : styled.replace('content="light dark"', `content="${scheme}"`);
  // A frame of its own for each: one that is led from page to page is a step of the browser's history each time.
  return <iframe key={shown} className="frame" sandbox="" title={title} srcDoc={shown} />;
}

/** Text of a mail has no quotation marks that are not escaped: what looks like an attribute is one. */
function styledByHead(html: string): string {
  const rules: string[] = [];
  const moved = html.replaceAll(/ style="([^"]*)"/g, (_attribute, style: string) => {
    const name = `data-style-${rules.length}`;
    rules.push(`[${name}] { ${style} }`);
    return ` ${name}`;
  });
  return moved.replace('</style>', () => `${rules.join('\n')}\n</style>`);
}
