import { createCaptcha } from '#platform/identity';
import type { ServerParts } from '#server';
import type { AppOptions } from './options.ts';

/** The service that tells people from programs at sign-in, where the settings name one. */
export function captchaOf({
  options,
  telemetry,
}: Pick<ServerParts, 'telemetry'> & { readonly options: AppOptions }) {
  const { captcha: settings } = options.config;
  if (settings === undefined) return undefined;
  return createCaptcha({
    settings,
    onAway: (err) =>
      telemetry.logger.warn({ err }, 'the CAPTCHA service is away; log-ins are only slowed down'),
  });
}
