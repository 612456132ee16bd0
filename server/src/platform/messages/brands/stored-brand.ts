import { namedObject } from '#platform/http';
import { z } from 'zod';

/** WCAG 2.2, 1.4.3: text of normal size. */
const LEAST_CONTRAST = 4.5;
/** Signs that break a header of a mail, or a page. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}<>]/u;
const COLOUR = /^#[0-9a-f]{6}$/;
const [BLACK, WHITE] = ['#000000', '#ffffff'];

const colour = z
  .string()
  .toLowerCase()
  .regex(COLOUR, { error: 'a colour is # and six of 0-9 a-f, as #1f4fd8' });
const name = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine((text) => !UNFIT.test(text), { error: 'a name is one line without < and >' });
const address = z.url({ protocol: /^https?$/ }).max(500);

/** A brand as it is stored: a field that is left out is the server's, or follows from settings. */
export const storedBrand = namedObject('PutBrandRequest', {
  name: name.optional().describe('As customers know it: in pages, mails, passkeys and authenticator apps.'),
  from_name: name.optional().describe('Name that mails are from; the name when left out.'),
  accent: colour.optional().describe('Colour of buttons.'),
  accent_text: colour
    .optional()
    .describe('Colour of their text; black or white, whichever is read better, when left out.'),
  support: z.email().max(254).optional().describe('Address for questions, at the foot of mails and pages.'),
  terms_url: address.optional(),
  privacy_url: address.optional(),
  app_url: address
    .optional()
    .describe(
      'Where customers sign in: buttons of mails, and of pages behind them, lead there; the console of this server when left out.',
    ),
  sign_up_url: address
    .optional()
    .describe('Where buttons of the price table lead; the console of this server when left out.'),
  welcome_mail: z
    .boolean()
    .optional()
    .describe(
      'Whether new users are welcomed, beside being asked to verify their address. Not when left out.',
    ),
}).superRefine(({ accent, accent_text: text }, context) => {
  if (text === undefined) return;
  const add = (message: string) => context.addIssue({ code: 'custom', path: ['accent_text'], message });
  if (accent === undefined) return add('a colour of text needs the accent that it stands on');
  const found = contrast(accent, text);
  if (found < LEAST_CONTRAST)
    add(
      `${text} on ${accent} has a contrast of ${found.toFixed(2)} to 1; text needs ${LEAST_CONTRAST}. ${bestTextOn(accent)} has ${contrast(accent, bestTextOn(accent)).toFixed(2)}.`,
    );
});

export type StoredBrand = z.infer<typeof storedBrand>;

/** Contrast of two colours by WCAG 2.2: from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white: one of the two has a contrast of 4.58 or more on every colour. */
export const bestTextOn = (accent: string): string =>
  contrast(accent, WHITE) >= contrast(accent, BLACK) ? WHITE : BLACK;

/** Relative luminance of a colour of sRGB, by WCAG 2.2. */
function luminance(of: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(of.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
