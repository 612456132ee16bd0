import type { UpstreamSetting } from './ai.ts';
import type { Values } from './settings.ts';

/** In production nothing is made up: what stands in for a real part must be asked for by name. */
export function missingSettings(values: Values, upstreams: readonly UpstreamSetting[]): string[] {
  const problems: string[] = [];
  for (const name of ['DIRECT_URL', 'SYSTEM_DATABASE_URL'] as const) {
    if (values[name] !== undefined && values.DATABASE_URL === undefined)
      problems.push(`${name} is set without DATABASE_URL.`);
  }
  if (values.SINGLE_DATABASE_LOGIN === true && values.SYSTEM_DATABASE_URL !== undefined) {
    problems.push('SINGLE_DATABASE_LOGIN=true contradicts SYSTEM_DATABASE_URL: set one of them.');
  }
  if (values.EMBEDDED_DATABASE === true && values.DATABASE_URL !== undefined) {
    problems.push('EMBEDDED_DATABASE=true contradicts DATABASE_URL: set one of them.');
  }
  const captcha = [values.CAPTCHA_VERIFY_URL, values.CAPTCHA_SECRET, values.CAPTCHA_SITE_KEY];
  if (captcha.includes(undefined) && captcha.some((value) => value !== undefined)) {
    problems.push(
      'CAPTCHA_VERIFY_URL, CAPTCHA_SECRET and CAPTCHA_SITE_KEY belong together: set all or none.',
    );
  }
  if (values.NODE_ENV !== 'production') return problems;
  if (values.CRASH_AT !== undefined) {
    problems.push('CRASH_AT ends the process on purpose and is for tests alone: unset it in production.');
  }
  if (values.DATABASE_URL === undefined && values.EMBEDDED_DATABASE !== true) {
    problems.push(
      'DATABASE_URL is missing: set it, or EMBEDDED_DATABASE=true to use the embedded database in production.',
    );
  }
  const isSingle = values.DATABASE_URL !== undefined && values.SYSTEM_DATABASE_URL === undefined;
  if (isSingle && values.SINGLE_DATABASE_LOGIN !== true) {
    problems.push(
      'SYSTEM_DATABASE_URL is missing: set it (docs/keys.md), or SINGLE_DATABASE_LOGIN=true to use one login for all work in production.',
    );
  }
  if (upstreams.length === 0 && values.SANDBOX_AI !== true && values.AI_UPSTREAMS === undefined) {
    problems.push(
      'No AI upstream is set: set OPENAI_API_KEY, MINIMAX_API_KEY or AI_UPSTREAMS, or SANDBOX_AI=true to use the sandbox in production.',
    );
  }
  return problems;
}
