import type { SafetySupport } from 'plinth/product';

/** Words and helplines as one text: this contract has no other place for them. */
export function supportText({ safety, message, helplines }: SafetySupport): string {
  if (safety.status === 'ok') return '';
  const lines = helplines.map(({ name, phone, text, url, hours }) =>
    [`${name}:`, ...[phone, text, url].filter((part) => part !== null), `(${hours})`].join(' '),
  );
  return [message, ...lines].join('\n');
}
