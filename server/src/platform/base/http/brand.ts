import { escapeHtml } from './escape-html.ts';

/** The face that customers see in mails and pages: of the server, or of one of its products (docs/brand.md). */
export interface Brand {
  readonly name: string;
  /** Name of the product, where the brand is of one. */
  readonly productName: string | undefined;
  /** Name that mails are from. */
  readonly fromName: string;
  /** Where its logo is: on this server, or in the mail itself. */
  readonly logo: string | undefined;
  readonly accent: string;
  /** Colour of text on the accent. */
  readonly accentText: string;
  readonly support: string | undefined;
  readonly terms: string | undefined;
  readonly privacy: string | undefined;
  /** Where its customers sign in. */
  readonly appUrl: string | undefined;
  /** Where the price table's buttons lead. */
  readonly signUp: string | undefined;
  /** Whether a new user is welcomed by mail, beside being asked to verify their address. */
  readonly welcomes: boolean;
}

/** A brand of which only the name is known. */
export const plainBrand = (name: string): Brand => ({
  name,
  productName: undefined,
  fromName: name,
  logo: undefined,
  accent: '#0b6e4f',
  accentText: '#ffffff',
  support: undefined,
  terms: undefined,
  privacy: undefined,
  appUrl: undefined,
  signUp: undefined,
  welcomes: false,
});

/** The head of a mail or a page: the logo, or the name. */
export function brandHeader({ name, logo }: Brand): string {
  const shown = escapeHtml(name);
  return logo === undefined
    ? `<strong>${shown}</strong>`
    : `<img class="logo" src="${escapeHtml(logo)}" alt="${shown}" height="40">`;
}

/** The way on from the end of a page: to where customers sign in, or to another address. */
export const wayOn = ({ appUrl }: Brand, app = appUrl ?? '/app'): string =>
  `<p>${linkButton(app, 'Sign in')}</p>`;

/** A link of a page that looks like a button. */
export const linkButton = (to: string, text: string): string =>
  `<a class="button" href="${escapeHtml(to)}">${escapeHtml(text)}</a>`;

/** Its foot: where help and terms are; empty where the operator names none. */
export function brandFooter({ support, terms, privacy }: Brand): string {
  return [
    ...(support === undefined ? [] : [link(`mailto:${support}`, support)]),
    ...(terms === undefined ? [] : [link(terms, 'Terms')]),
    ...(privacy === undefined ? [] : [link(privacy, 'Privacy')]),
  ].join(' · ');
}

/** The same in a mail of text alone, a line each. */
export function brandFooterText({ support, terms, privacy }: Brand): string[] {
  return [
    ...(support === undefined ? [] : [`Support: ${support}`]),
    ...(terms === undefined ? [] : [`Terms: ${terms}`]),
    ...(privacy === undefined ? [] : [`Privacy: ${privacy}`]),
  ];
}

const link = (to: string, text: string) => `<a href="${escapeHtml(to)}">${escapeHtml(text)}</a>`;

/** Address of the picture in a browser's tab: the logo, else the first letter of the name on the accent. */
export function brandIcon({ logo, name, accent, accentText }: Brand): string {
  if (logo !== undefined) return logo;
  const [letter = ''] = name.trim().toUpperCase();
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="${accent}"/><text x="8" y="12" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="11" fill="${accentText}">${escapeHtml(letter)}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
