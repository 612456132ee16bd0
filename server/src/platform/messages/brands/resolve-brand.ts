import { isThisMachine } from '#platform/config';
import { type Brand, plainBrand } from '#platform/http';
import { bestTextOn, type StoredBrand } from './stored-brand.ts';

/** Key of the server's own brand, beside those of products. */
export const SERVER = 'server';

/** Facts that names follow from where no brand is stored. */
export interface BrandDefaults {
  /** At each use: plans files may add some while a server runs. */
  products(): readonly { readonly key: string; readonly name: string; readonly isRunning: boolean }[];
  /** Sender of mails by the settings; its name where MAIL_FROM has one. */
  readonly from: { readonly name: string | undefined; readonly address: string };
  /** Where this process is reached. */
  readonly baseUrl: string;
  /** undefined: this server is not known by any address but this machine's. */
  readonly publicUrl: string | undefined;
}

/** A stored brand, as far as this version can read it. */
export interface Branded {
  readonly product: string;
  readonly fields: StoredBrand;
  readonly logo_hash: string | null;
}

/**
 * The brand that customers see. A product's lies over the server's, field by field. Where one product alone runs, the server
 * shows what only that product's has. A stored name wins over settings, these over names that follow from others.
 */
export function resolveBrand(
  product: string,
  { rows, defaults }: { readonly rows: ReadonlyMap<string, Branded>; readonly defaults: BrandDefaults },
): Brand {
  const products = defaults.products();
  const running = products.filter(({ isRunning }) => isRunning);
  const only = running.length === 1 ? running[0] : undefined;
  const own = product === SERVER ? only : products.find(({ key }) => key === product);
  const keys = product === SERVER ? [SERVER, ...(only === undefined ? [] : [only.key])] : [product, SERVER];
  const chain = keys.flatMap((key) => rows.get(key) ?? []);
  const first = <Field extends keyof StoredBrand>(field: Field) =>
    chain.find(({ fields }) => fields[field] !== undefined)?.fields[field];
  const { name: mailName } = defaults.from;
  const name = first('name') ?? mailName ?? own?.name ?? hostName(defaults);
  const plain = plainBrand(name);
  const accent = first('accent');
  const text = chain.find(({ fields }) => fields.accent !== undefined)?.fields.accent_text;
  const logo = chain.find(({ logo_hash }) => logo_hash !== null);
  return {
    ...plain,
    productName: own && (rows.get(own.key)?.fields.name ?? own.name),
    fromName:
      chain.map(({ fields }) => fields.from_name ?? fields.name).find((found) => found !== undefined) ??
      mailName ??
      name,
    logo: logo && logoPath(logo),
    ...(accent === undefined ? {} : { accent, accentText: text ?? bestTextOn(accent) }),
    support: first('support'),
    terms: first('terms_url'),
    privacy: first('privacy_url'),
    appUrl: first('app_url') ?? `${defaults.baseUrl}/app`,
    signUp: first('sign_up_url'),
    welcomes: first('welcome_mail') ?? false,
  };
}

/** Where a logo is: another address for each image. */
export const logoPath = ({ product, logo_hash: hash }: Branded): string | undefined =>
  hash === null ? undefined : `/v1/brands/${encodeURIComponent(product)}/logo?v=${hash}`;

/** The domain that mails are from, or the host of this server. On one machine alone, where there are no customers, it is Plinth. */
function hostName({ from, publicUrl }: BrandDefaults): string {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  if (!isThisMachine(domain) && domain !== '') return domain;
  const host = publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname;
  return isThisMachine(host) ? 'Plinth' : host;
}
