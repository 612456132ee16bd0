import type { SendGridSettings } from '#platform/config';
import { DEADLINE, type Delivery, type OutgoingMail, type Transport } from './transport.ts';

/** Refusals by SendGrid because of the mail itself: its key, its limits and its own troubles pass. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413]);

/** Hands mails to SendGrid by its API, version 3. */
export function createSendGrid({ url, apiKey }: Omit<SendGridSettings, 'transport'>): Transport {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return {
    name: 'sendgrid',
    async deliver(mail, signal) {
      const ends = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]);
      try {
        const response = await fetch(`${url}/v3/mail/send`, {
          method: 'POST',
          headers,
          body: JSON.stringify(asJson(mail)),
          redirect: 'error',
          signal: ends,
        });
        await response.body?.cancel();
        return outcomeOf(response.status);
      } catch (error) {
        return { outcome: 'failed', reason: codeOf(error) };
      }
    },
    async check() {
      const response = await fetch(`${url}/v3/scopes`, {
        headers,
        signal: AbortSignal.timeout(DEADLINE / 3),
      });
      const { scopes } = response.ok ? ((await response.json()) as { scopes?: unknown }) : {};
      if (response.status === 401 || response.status === 403)
        throw new Error('SENDGRID_API_KEY is not accepted');
      if (!response.ok) throw new Error(`it answers with status ${response.status}`);
      if (!Array.isArray(scopes) || !scopes.includes('mail.send'))
        throw new Error('the key may not send mails (scope mail.send)');
      return 'reachable, the key may send';
    },
  };
}

function outcomeOf(status: number): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'sent' };
  return { outcome: REFUSALS.has(status) ? 'refused' : 'failed', reason: `SendGrid ${status}` };
}

/** Links are left as they are: rewritten for counting clicks, a link that lets in would pass through SendGrid's hands. */
const UNTRACKED = { enable: false };

function asJson({ id, from, to, subject, text, html, messageId, date, attachments }: OutgoingMail): object {
  const files = attachments.map(({ name, type, content, contentId }) => ({
    content: Buffer.from(content).toString('base64'),
    type,
    filename: name,
    ...(contentId === undefined
      ? { disposition: 'attachment' }
      : { disposition: 'inline', content_id: contentId }),
  }));
  return {
    personalizations: [{ to: [{ email: to }] }],
    from: { email: from.address, name: from.name },
    subject,
    content: [
      { type: 'text/plain', value: text },
      { type: 'text/html', value: html },
    ],
    ...(files.length === 0 ? {} : { attachments: files }),
    headers: { 'Message-ID': messageId, Date: date.toUTCString(), 'Auto-Submitted': 'auto-generated' },
    custom_args: { mail_id: id },
    tracking_settings: { click_tracking: UNTRACKED, open_tracking: UNTRACKED },
  };
}

/** The system's word for a connection that failed; messages may quote an address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
