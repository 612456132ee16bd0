interface HtmlFrameProps {
  readonly title: string;
  readonly html: string;
  /** As a reader sees it whose device is dark; undefined: as this one is. */
  readonly scheme?: 'light' | 'dark';
}

/**
 * A page or a mail in a frame that runs nothing, sends nothing and leads nowhere. It has the page's own content security policy, by which
 * styles count where they have its nonce: those of the head are given it.
 */
export function HtmlFrame({ title, html, scheme }: HtmlFrameProps) {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.nonce ?? '';
  const styled = html.replace('<style>', `<style nonce="${nonce}">`);
  const shown = scheme === undefined ? styled : styled.replace('content="light dark"', `content="${scheme}"`);
  // A frame of its own for each: one that is led from page to page is a step of the browser's history each time.
  return <iframe key={shown} className="frame" sandbox="" title={title} srcDoc={shown} />;
}
