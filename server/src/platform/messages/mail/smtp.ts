import type { ConnectionOptions } from 'node:tls';
import type { SmtpSettings } from '#platform/config';
import type { NodemailerError } from 'nodemailer';
import { composeMail } from './outbox.ts';
import { DEADLINE, type Delivery, type Transport } from './transport.ts';

/** How long a server may keep silent. */
const SILENCE = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
  dnsTimeout: 10_000,
};

export interface SmtpOptions extends Omit<SmtpSettings, 'transport'> {
  /** Certificates that are believed besides those that Node knows. */
  readonly ca?: ConnectionOptions['ca'];
}

/** Hands mails to a server by SMTP, each over a connection of its own. */
export function createSmtp({ requireTls, auth, ca, ...at }: SmtpOptions): Transport {
  const open = async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      ...at,
      ...SILENCE,
      requireTLS: requireTls,
      // Where encryption is optional, a certificate that can't be verified is no reason to send nothing.
      opportunisticTLS: !requireTls,
      ...(auth === undefined ? {} : { auth: { ...auth } }),
      tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    });
  };
  return {
    name: 'smtp',
    async deliver(mail, signal) {
      const transporter = await open();
      try {
        const ends = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]);
        await transporter.sendMail({ ...composeMail(mail), signal: ends });
        return { outcome: 'sent' };
      } catch (error) {
        return failureOf(error);
      } finally {
        transporter.close();
      }
    },
    async check() {
      const transporter = await open();
      try {
        await transporter.verify();
      } finally {
        transporter.close();
      }
      const encrypted = at.secure || requireTls ? 'encrypted' : 'encrypted if it can';
      return `${at.host}:${at.port} answers, ${encrypted}${auth === undefined ? '' : ', takes the log-in'}`;
    },
  };
}

/** Refusals of a server for good: this receiver, or this mail. That it refuses us (log-in, sender) can be mended meanwhile. */
const ABOUT_THE_MAIL = /^(RCPT TO|DATA|BDAT)/;

function failureOf(error: unknown): Delivery {
  if (!(error instanceof Error)) throw error;
  const { code, command = '', response = '', responseCode }: NodemailerError = error;
  if (responseCode === undefined) return { outcome: 'failed', reason: code ?? error.name };
  const isRefusal = responseCode >= 500 && responseCode !== 503 && ABOUT_THE_MAIL.test(command);
  // RFC 3463: three figures that say more than the code; the words beside them may quote the mail.
  const enhanced = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0];
  const reason = ['SMTP', responseCode, enhanced].filter((part) => part !== undefined).join(' ');
  return { outcome: isRefusal ? 'refused' : 'failed', reason };
}
