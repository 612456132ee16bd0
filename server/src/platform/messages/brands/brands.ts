import { type Audit, actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint, createFollower, type Database } from '#platform/db';
import { type Brand, type Caller, htmlPage, renderPage } from '#platform/http';
import { AppError, invalidInput, sha256 } from '#platform/kernel';
import { type Attachment, mailTemplates, productOf, render } from '#platform/mail';
import type { Logger } from '#platform/telemetry';
import { type BrandDefaults, type Branded, logoPath, resolveBrand, SERVER } from './resolve-brand.ts';
import { readLogo } from './logo.ts';
import {
  type BrandChange,
  type BrandRow,
  listBrands,
  lockBrands,
  readLogoBytes,
  storeBrand,
} from './store.ts';
import { type StoredBrand, storedBrand } from './stored-brand.ts';

const CHANGE = commitPoint('brands.change', 'a brand, and its line of the audit');

const CHANGED = 'brands';
/** Milliseconds: how long a process keeps a brand whose change it was not told of. */
const LOOK_EVERY = 8_000;
/** Hexadecimal signs of a logo's hash in its address. */
const HASH_SIGNS = 16;

export interface BrandsParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly log: Pick<Logger, 'warn'>;
  readonly baseUrl: string;
  readonly defaults: BrandDefaults;
}

/** A platform admin at work on a brand, of the version that they have read; 0: that none is stored. */
export interface Work {
  readonly product: string;
  readonly version: number | undefined;
  readonly caller: Caller;
  readonly origin: RequestOrigin;
}

/** A brand that is not stored. */
export interface BrandDraft {
  readonly brand: StoredBrand;
  /** An image in base64; null: none of its own; undefined: as it is stored. */
  readonly logo?: string | null | undefined;
}

export interface BrandView {
  readonly product: string;
  readonly stored: StoredBrand;
  readonly version: number;
  readonly logo_type: string | null;
  readonly changed_at: string | null;
  readonly changed_by: string | null;
  readonly effective: ReturnType<typeof effectiveOf>;
}

/** Brands, as operators set them: each process reads them at its start, when another tells of a change, and every few seconds. */
export function createBrands({ db, audit, log, baseUrl, defaults }: BrandsParts) {
  let rows: ReadonlyMap<string, BrandRow & Branded> = new Map();

  async function read(): Promise<void> {
    const [found] = await db.system('brands.brands', [listBrands]);
    rows = new Map(found.map((row) => [row.product, { ...row, fields: fieldsOf(row) }]));
  }
  const { look: refresh, ...follower } = createFollower({
    db,
    topic: CHANGED,
    every: LOOK_EVERY,
    look: read,
    failed: (err) => log.warn({ err }, 'brands were not read'),
  });

  /** The brand of a product, or of the server. */
  const brandOf = (product: string = SERVER): Brand => resolveBrand(product, { rows, defaults });

  function assertKnown(product: string): void {
    if (product === SERVER || defaults.products().some(({ key }) => key === product)) return;
    throw new AppError('not_found', {
      message: `There is no such product; the server's own brand is "${SERVER}".`,
    });
  }

  function viewOf(product: string): BrandView {
    const row = rows.get(product);
    return {
      product,
      stored: row?.fields ?? {},
      version: row?.version ?? 0,
      logo_type: row?.logo_type ?? null,
      changed_at: row?.updated_at.toISOString() ?? null,
      changed_by: row?.changed_by ?? null,
      effective: effectiveOf(brandOf(product), baseUrl),
    };
  }

  async function change({ product, version, caller, origin }: Work, to: BrandChange): Promise<BrandView> {
    await db.system('brands.brands', CHANGE, async (tx) => {
      await tx.run(lockBrands);
      const before = (await tx.run(listBrands)).find((row) => row.product === product);
      if (version !== undefined && version !== (before?.version ?? 0))
        throw new AppError('precondition_failed');
      await tx.run(storeBrand(product, to, caller.userId));
      await audit.recordIn(tx, {
        action: 'brand.changed',
        actor: actorOf(caller),
        target: { kind: 'brand', id: product },
        changes:
          to.logo === undefined
            ? { brand: to.brand, before: before?.brand ?? null }
            : { logo: to.logo?.hash ?? null, before: before?.logo_hash ?? null },
        origin,
      });
    });
    db.signal(CHANGED);
    await refresh();
    return viewOf(product);
  }

  /** The logo that is a brand's own. */
  async function readOwnLogo(product: string): Promise<Attachment | undefined> {
    const [[found]] = await db.system('brands.brands', [readLogoBytes(product)]);
    if (found?.logo == null || found.logo_type === null) return undefined;
    const { logo: content, logo_type: type } = found;
    return { name: `logo.${type.slice(type.indexOf('/') + 1)}`, type, content };
  }

  /** The logo that a brand shows: it may be the server's. */
  async function logoOf({ logo: path }: Brand): Promise<Attachment | undefined> {
    const owner = [...rows.values()].find((row) => path !== undefined && logoPath(row) === path)?.product;
    return owner === undefined ? undefined : readOwnLogo(owner);
  }

  return {
    brandOf,
    /** Reads them, and hears of changes from then on. */
    async ready(): Promise<void> {
      await refresh();
      follower.start();
    },
    async list(): Promise<readonly BrandView[]> {
      await refresh();
      return [SERVER, ...defaults.products().map(({ key }) => key)].map(viewOf);
    },
    async read(product: string): Promise<BrandView> {
      assertKnown(product);
      await refresh();
      return viewOf(product);
    },
    async store(work: Work, brand: StoredBrand): Promise<BrandView> {
      assertKnown(work.product);
      return change(work, { brand });
    },
    async storeLogo(work: Work, base64: string): Promise<BrandView> {
      assertKnown(work.product);
      const { content: bytes, type } = logoIn(base64, 'body.base64');
      const hash = sha256(bytes).slice(0, HASH_SIGNS);
      return change(work, { logo: { bytes, type, hash } });
    },
    async removeLogo(work: Work): Promise<BrandView> {
      assertKnown(work.product);
      return change(work, { logo: null });
    },
    readLogo: readOwnLogo,
    logoOf,
    /** A mail with its example, or a page, as customers see it. */
    preview(product: string, mail: string | undefined) {
      assertKnown(product);
      const brand = brandOf(product);
      if (mail === undefined) return renderSample(brand);
      return renderMail(
        { product, mail, field: 'query.mail' },
        {
          ...brand,
          logo: brand.logo && baseUrl + brand.logo,
        },
      );
    },
    /** The brand that customers would see, with its logo as a data URL: nothing is stored. */
    async draftOf(product: string, { brand: fields, logo: base64 }: BrandDraft): Promise<Brand> {
      assertKnown(product);
      const own = typeof base64 === 'string' ? logoIn(base64) : undefined;
      const kept = base64 === null ? null : (rows.get(product)?.logo_hash ?? null);
      const draft = { product, fields, logo_hash: own === undefined ? kept : DRAFT };
      const brand = resolveBrand(product, { rows: new Map([...rows, [product, draft]]), defaults });
      const image = own ?? (await logoOf(brand));
      return {
        ...brand,
        logo: image && `data:${image.type};base64,${Buffer.from(image.content).toString('base64')}`,
      };
    },
    close: follower.close,
  };
}

export type Brands = ReturnType<typeof createBrands>;

/** In place of a logo's hash, while it is not stored. */
const DRAFT = 'draft';

/** The image that was sent. Throws `validation_failed` at the field. */
function logoIn(base64: string, field = 'body.logo') {
  const content = Buffer.from(base64, 'base64');
  const logo = readLogo(content);
  if (typeof logo === 'string') throw invalidInput(field, logo);
  return { content, type: logo.type };
}

interface MailChoice {
  readonly product: string;
  readonly mail: string;
  /** Names the mail in the request. */
  readonly field: string;
}

/** A mail with its example in a brand, whose logo is a whole address. Throws `validation_failed` where the brand has no such mail. */
export function renderMail({ product, mail, field }: MailChoice, brand: Brand) {
  const template = mailTemplates().find(({ name }) => name === mail);
  const owner = template && productOf(template);
  if (template === undefined || (owner !== undefined && owner !== product))
    throw invalidInput(field, 'This brand has no such mail: GET /v1/admin/mail/templates lists all.');
  return render(template, template.example, brand);
}

/** A page behind a link, in a brand. */
export function renderSample(brand: Brand) {
  return { subject: SAMPLE.title, text: '', html: renderPage(SAMPLE, brand).html };
}

const SAMPLE = htmlPage({
  title: 'Confirm your email address',
  content:
    '<p>This is a sample of the pages behind links in mails.</p>\n<button type="button">Confirm</button>',
});

/** Fields that this version can read; a brand of a later one keeps the others in the database. */
function fieldsOf({ brand }: BrandRow): StoredBrand {
  const whole = storedBrand.safeParse(brand);
  return whole.success ? whole.data : {};
}

function effectiveOf(brand: Brand, baseUrl: string) {
  return {
    name: brand.name,
    from_name: brand.fromName,
    accent: brand.accent,
    accent_text: brand.accentText,
    logo_url: brand.logo === undefined ? null : baseUrl + brand.logo,
    support: brand.support ?? null,
    terms_url: brand.terms ?? null,
    privacy_url: brand.privacy ?? null,
    app_url: brand.appUrl ?? null,
    sign_up_url: brand.signUp ?? null,
    welcome_mail: brand.welcomes,
  };
}
