import { describe, expect, test } from 'vitest';
import { helplinesFor, localeIn, oldHelplines } from './helplines.ts';
import { supportFor } from './support.ts';

function phoneIn(locale: string | undefined, timeZone: string) {
  return helplinesFor({ locale, timeZone })[0]?.phone;
}

describe('helplines', () => {
  test('are those of the country; of a language alone nobody knows where it is spoken', () => {
    expect(helplinesFor({ locale: 'en-US' })[0]).toMatchObject({ phone: '988' });
    expect(helplinesFor({ locale: 'de-AT' })[0]).toMatchObject({ phone: '142' });
    for (const locale of ['de', undefined, 'en-XX', 'nonsense'])
      expect(helplinesFor({ locale })).toMatchObject([{ url: 'https://findahelpline.com' }]);
  });

  test('are old when nobody has looked at them for a year', () => {
    expect(oldHelplines(new Date('2026-12-01'), 365)).toEqual([]);
    expect(oldHelplines(new Date('2028-01-01'), 365).length).toBeGreaterThan(10);
  });

  test('come with words in the language that was written', () => {
    const support = supportFor({ status: 'crisis', kinds: ['intent'], language: 'es', locale: 'es-ES' });
    expect(support.message).toContain('112');
    expect(support.message).not.toContain('{');
  });

  test.each([
    ['ja-JP', 'Call 119'],
    ['es-AR', 'Llama ahora al 107'],
    ['pt-BR', 'Call 192'],
    ['es-CO', 'Llama ahora al 123'],
    ['en-IN', 'Call 112'],
    ['fr-FR', 'Appelle le 112'],
    ['de-DE', 'Ruf jetzt 112 an'],
    ['de', 'Ruf jetzt den Notruf deines Landes an'],
    [undefined, 'Call your local emergency number'],
  ])(
    'name the number of the country, or none, and first where an attempt is under way: %s',
    (locale, said) => {
      const { message } = supportFor({ status: 'crisis', kinds: ['attempt_now', 'method'], locale });
      expect(message.startsWith(said)).toBe(true);
    },
  );

  test('go by the time zone where the locale names no country', () => {
    expect(phoneIn('en', 'Asia/Kolkata')).toBe('14416');
    expect(phoneIn(undefined, 'America/Argentina/Cordoba')).toBe('0800 999 0091');
    expect(phoneIn('en-US', 'Asia/Kolkata')).toBe('988');
    expect(localeIn('en', 'Africa/Johannesburg')).toBe('en-ZA');
    expect(localeIn('en', 'UTC')).toBe('en');
  });

  test('have words of their own for violence and for a child, with the number first, of the police', () => {
    const [violence, child] = (['violence', 'abuse'] as const).map(
      (kind) => supportFor({ status: 'concern', kinds: [kind], locale: 'en-JP' }).message,
    );
    expect(violence).toMatch(/^Call 110 first/);
    expect(child).toMatch(/^If you .* call 110 first/);
  });

  test('against suicide stand first where it is about that too, also under a former name of a time zone', () => {
    const found = { status: 'crisis', kinds: ['active_thoughts', 'abuse'], language: 'de' } as const;
    expect(supportFor({ ...found, country: 'DE' }).helplines[0]?.name).toContain('TelefonSeelsorge');
    const lines = (timeZone: string) => supportFor({ ...found, timeZone }).helplines;
    expect(lines('America/Montreal')).toEqual(lines('America/Toronto'));
  });

  test('stand behind the emergency number in whichever language and status of an attempt under way', () => {
    for (const language of ['en', 'es', 'de', 'fr'] as const)
      for (const status of ['crisis', 'caution'] as const) {
        const { message } = supportFor({ status, kinds: ['attempt_now'], language, country: 'US' });
        expect(message.indexOf('911')).toBeGreaterThan(-1);
        expect(message.indexOf('911')).toBeLessThan(40);
      }
  });
});
