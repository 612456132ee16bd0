import type { CaptchaSettings } from '#platform/config';
import { assertOutsideTransaction } from '#platform/db';
import { AppError } from '#platform/kernel';
import { z } from 'zod';

/** How long its service may take. */
const PATIENCE = 5_000;

/** A CAPTCHA of an outside service, which tells people from robots. */
export interface Captcha {
  /** Whether an answer is good; `away` when its service does not say. Each answer is good once: the service sees to it. */
  check(given: { readonly answer: string | undefined; readonly ip: string }): Promise<'yes' | 'no' | 'away'>;
  /** The refusal of a caller who has to solve one. */
  required(): AppError;
}

export interface CaptchaParts {
  readonly settings: CaptchaSettings;
  /** Told of a service that is away. */
  readonly onAway: (error: unknown) => void;
}

// The other fields of the three answers are not needed: which host an answer is from, they check by the key.
const verdictSchema = z.object({ success: z.boolean() });

/**
 * Speaks `siteverify`, which the three have in common: a form of secret, response and remoteip, answered with {"success"}.
 * https://developers.cloudflare.com/turnstile/get-started/server-side-validation/, https://docs.hcaptcha.com/#verify-the-user-response-server-side,
 * https://developers.google.com/recaptcha/docs/verify
 */
export function createCaptcha({ settings, onAway }: CaptchaParts): Captcha {
  return {
    async check({ answer, ip }) {
      if (answer === undefined) return 'no';
      assertOutsideTransaction('a CAPTCHA was verified');
      const body = new URLSearchParams({ secret: settings.secret, response: answer, remoteip: ip });
      const signal = AbortSignal.timeout(PATIENCE);
      try {
        const response = await fetch(settings.verifyUrl, { method: 'POST', body, signal, redirect: 'error' });
        if (!response.ok) throw new Error(`the CAPTCHA service answered with ${response.status}`);
        return verdictSchema.parse(await response.json()).success ? 'yes' : 'no';
      } catch (error) {
        onAway(error);
        return 'away';
      }
    },
    required: () =>
      new AppError('captcha_required', { details: { captcha: { site_key: settings.siteKey } } }),
  };
}
