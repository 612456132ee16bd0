import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { programsOnPath } from './programs.ts';

const run = promisify(execFile);

/** LibreOffice and poppler, by the Debian packages that bring them. */
const PACKAGES = { soffice: 'libreoffice-writer-nogui', pdftotext: 'poppler-utils' } as const;
type Program = keyof typeof PACKAGES;

/** What to tell where one of them is not there; undefined: they are. */
export function lackOfDocumentPrograms(
  programs: readonly Program[] = ['soffice', 'pdftotext'],
): string | undefined {
  const lacking = programs.find((program) => programsOnPath(program).length === 0);
  return (
    lacking &&
    `there is no ${lacking} on PATH (Debian: apt-get install --no-install-recommends ${PACKAGES[lacking]})`
  );
}

/** The filters of LibreOffice Writer that the tests use. */
const FILTERS = { pdf: 'pdf:writer_pdf_Export', docx: 'docx:MS Word 2007 XML' } as const;

/**
 * Opens files in LibreOffice and saves each as another type, in one start of it (2 s). It answers where they lie: in the folder, under their
 * names. Several may run at once: each has a profile of its own.
 */
export async function convert(
  files: readonly string[],
  to: keyof typeof FILTERS,
  folder: string,
): Promise<string[]> {
  const profile = await mkdtemp(join(folder, 'profile-'));
  const web = files.some((file) => extname(file) === '.html') ? ['--infilter=HTML (StarWriter)'] : [];
  const own = [`-env:UserInstallation=${pathToFileURL(profile).href}`, '--headless', '--norestore', ...web];
  // It writes settings of the desktop below HOME.
  const env = { ...process.env, HOME: profile };
  await run('soffice', [...own, '--convert-to', FILTERS[to], '--outdir', folder, ...files], { env });
  await rm(profile, { recursive: true, force: true });
  return files.map((file) => join(folder, `${basename(file, extname(file))}.${to}`));
}

/** The text of each page of a PDF, laid out as it is there. */
export async function pagesOf(pdf: string): Promise<string[]> {
  const { stdout } = await run('pdftotext', ['-layout', pdf, '-'], { maxBuffer: 100_000_000 });
  return stdout.split('\f').slice(0, -1);
}

/** A page as a picture: a byte for each pixel, from 0 for black to 255. */
export interface DrawnPage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

/** All pages of a PDF, as poppler draws them. */
export async function drawPages(pdf: string, folder: string): Promise<DrawnPage[]> {
  const pictures = await mkdtemp(join(folder, 'pages-'));
  await run('pdftoppm', ['-gray', '-r', '72', pdf, join(pictures, 'page')]);
  const names = (await readdir(pictures)).toSorted();
  return Promise.all(names.map(async (name) => pictureIn(await readFile(join(pictures, name)))));
}

/** A PGM: `P5`, width and height, 255, and the pixels. */
function pictureIn(file: Buffer): DrawnPage {
  const [head = '', width = '0', height = '0'] =
    /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(file.toString('latin1', 0, 40)) ?? [];
  const pixels = file.subarray(head.length);
  if (pixels.length !== Number(width) * Number(height)) throw new Error('this is no picture of greys');
  return { width: Number(width), height: Number(height), pixels };
}

/** The share of a page that is not white, from 0 to 1. */
export function inkOf({ pixels }: DrawnPage): number {
  return pixels.filter((grey) => grey < 200).length / pixels.length;
}

/** Whether a line runs across a page within its first 70 points. */
export function hasRule({ width, pixels }: DrawnPage): boolean {
  const inkedPixels = (y: number) =>
    pixels.subarray(y * width, (y + 1) * width).filter((grey) => grey < 250).length;
  return Array.from({ length: 70 }, (_, y) => inkedPixels(y)).some((count) => count > width * 0.7);
}

/** The colours of the first page, as `#rrggbb`. */
export async function coloursOf(pdf: string): Promise<Set<string>> {
  const { stdout } = await run('pdftoppm', ['-r', '36', '-f', '1', '-l', '1', '-singlefile', pdf], {
    encoding: 'buffer',
    maxBuffer: 10_000_000,
  });
  const [head = ''] = /^P6\s+\d+\s+\d+\s+255\s/.exec(stdout.toString('latin1', 0, 40)) ?? [];
  const bytes = stdout.subarray(head.length).toString('hex');
  return new Set((bytes.match(/.{6}/g) ?? []).map((colour) => `#${colour}`));
}

/** The size in pixels of each picture in a PDF: `96x96`. */
export async function picturesIn(pdf: string): Promise<string[]> {
  const { stdout } = await run('pdfimages', ['-list', pdf]);
  const rows = stdout.matchAll(/^ *\d+ +\d+ image +(\d+) +(\d+) /gm);
  return [...rows].map(([, width, height]) => `${width}x${height}`);
}
