import type { Readable } from 'node:stream';
import { type AccountId, AppError, sha256 } from 'plinth/product';
import {
  assertSize,
  type Branding,
  type ExportSource,
  type Format,
  type Logo,
  type SourceSection,
  TooLarge,
  tooLarge,
} from '@plinth/documents';
import type { OrbitParts } from '../orbit-parts.ts';
import { withoutConflictNotes } from '../scopes/open-conflicts.ts';
import type { SectionRow } from '../scopes/sections/section.ts';
import { readSetting } from './store.ts';

/** Raise it when files come out another way: those that were made before are no longer given in place of new ones. */
const REVISION = 3;
/** A larger logo is left out: the file would carry it to each reader. */
const MOST_LOGO = 2_000_000;
const MOST_PIXELS = 8_000_000;

/** The scope to export, and how. */
export interface ExportRequest {
  readonly accountId: AccountId;
  readonly scopeId: string;
  readonly format: Format;
  /** Whether the documents that sections come from are listed at the end. */
  readonly citations: boolean;
}

/** All that a file is made from, but the logo's bytes, and the names of that under which the file is found again. */
export interface Source {
  readonly source: ExportSource;
  readonly logoBlobId: string | null;
  readonly brandingHash: string;
  readonly sourceHash: string;
}

/** Reads what files are made from, as the workspace's plan allows it to look. */
export function createSources({ db, scopes, plan, blobs, documents }: OrbitParts) {
  /** Throws `scope_not_found`, and `export_too_large` where one look says so. */
  async function read({ accountId, scopeId, format, citations }: ExportRequest): Promise<Source> {
    const { scope, sections } = await scopes.read(accountId, scopeId);
    assertFits(sections);
    const [[setting]] = await db.tenant(accountId, [readSetting(accountId, scope.project_id)]);
    const { grants } = await plan.now(accountId);
    const isColoured = grants['own_colours'] === true;
    const branding: Branding = {
      logo: null,
      primary: isColoured ? (setting?.primary ?? null) : null,
      accent: isColoured ? (setting?.accent ?? null) : null,
      mark: grants['no_mark'] !== true,
    };
    const logoBlobId = grants['own_logo'] === true ? (setting?.logo_blob_id ?? null) : null;
    const source: ExportSource = {
      title: scope.title,
      workspace: setting?.workspace ?? '',
      client: scope.client_name,
      project: setting?.project ?? null,
      instant: scope.updated_at.toISOString(),
      version: scope.version,
      status: scope.status,
      summary: scope.summary,
      sections: sections.map((section) => sectionOf(section, citations)),
      documents: citations ? await namesOf(accountId, sections) : null,
      language: setting?.language ?? 'en',
      branding,
    };
    const brandingHash = sha256(JSON.stringify([branding, logoBlobId]));
    const sourceHash = sha256(JSON.stringify([REVISION, format, logoBlobId, source]));
    return { source, logoBlobId, brandingHash, sourceHash };
  }

  async function namesOf(
    accountId: AccountId,
    sections: readonly SectionRow[],
  ): Promise<Record<string, string>> {
    const cited = sections.flatMap(({ citations }) => (citations ?? []).map((one) => one.document_id));
    return cited.length === 0 ? {} : documents.names(accountId, [...new Set(cited)]);
  }

  /** The logo, where it is a picture of a bearable size; else none. */
  async function logoOf(accountId: AccountId, blobId: string | null): Promise<Logo | null> {
    if (blobId === null) return null;
    try {
      const bytes = await bytesOf(await blobs.open(accountId, blobId), MOST_LOGO);
      return bytes === undefined ? null : await pictureOf(bytes);
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return null;
      throw error;
    }
  }

  return { read, logoOf };
}

function assertFits(sections: readonly SectionRow[]): void {
  try {
    assertSize({ sections });
  } catch (error) {
    if (error instanceof TooLarge) throw tooLarge(error.message);
    throw error;
  }
}

/** Without its open conflicts, which name files, unless sources are asked for. */
function sectionOf({ type, title, content, citations }: SectionRow, isCited: boolean): SourceSection {
  const shown = isCited ? content : withoutConflictNotes(content);
  return { type, title, content: shown, citations: isCited ? (citations ?? []) : [] };
}

/** All bytes of a stream; undefined where there are more than that. */
async function bytesOf(stream: Readable, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > most) {
      stream.destroy();
      return undefined;
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function pictureOf(bytes: Uint8Array): Promise<Logo | null> {
  const { imageDimensionsFromData } = await import('image-dimensions');
  const size = imageDimensionsFromData(bytes);
  if (size === undefined || size.width * size.height > MOST_PIXELS) return null;
  if (size.type !== 'png' && size.type !== 'jpeg') return null;
  return { type: size.type === 'png' ? 'png' : 'jpg', bytes, width: size.width, height: size.height };
}
