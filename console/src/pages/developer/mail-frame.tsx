interface MailFrameProps {
  readonly mail: { readonly subject: string; readonly html: string };
}

/**
 * A mail in a frame that runs nothing, sends nothing and leads nowhere. It has the page's own content security policy, by which styles
 * count where they have its nonce: those of the mail's head are given it.
 */
export function MailFrame({ mail: { subject, html } }: MailFrameProps) {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.nonce ?? '';
  return (
    <>
      <p>
        <b>{subject}</b>
      </p>
      {/* A frame of its own for each mail: one that is led from mail to mail is a step of the browser's history each time. */}
      <iframe
        key={html}
        className="frame"
        sandbox=""
        title={subject}
        srcDoc={html.replace('<style>', `<style nonce="${nonce}">`)}
      />
    </>
  );
}
