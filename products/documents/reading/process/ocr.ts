import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The language that OCR always knows. Its data are a package, and nothing is loaded from elsewhere. */
const LANGUAGE = 'eng';
/** German, French and Spanish: known where their packages are installed. */
const FURTHER = ['deu', 'fra', 'spa'];

/** Reads the text of images. */
export interface Ocr {
  /** The text, and how sure the engine is of it, 0 to 1: the mean of its words. */
  read(image: Buffer): Promise<{ readonly text: string; readonly confidence: number }>;
}

export async function startOcr(): Promise<Ocr> {
  const { createWorker, OEM } = await import('tesseract.js');
  const langPath = dataOf(LANGUAGE);
  if (langPath === undefined) throw new Error('the data of OCR are not installed');
  // tesseract.js 7 reads all languages from one folder, and keeps this list as that of the languages it has.
  const loaded = [LANGUAGE];
  const options = { langPath, cacheMethod: 'none', gzip: true, errorHandler: () => {} };
  const worker = await createWorker(loaded, OEM.LSTM_ONLY, options);
  for (const language of FURTHER) {
    const folder = dataOf(language);
    if (folder === undefined) continue;
    const data = gunzipSync(await readFile(join(folder, `${language}.traineddata.gz`)));
    await worker.FS('writeFile', [`${language}.traineddata`, data]);
    loaded.push(language);
  }
  if (loaded.length > 1) await worker.reinitialize(loaded.join('+'), OEM.LSTM_ONLY);
  return {
    async read(image) {
      const { data: found } = await worker.recognize(image);
      return { text: found.text, confidence: Math.min(1, Math.max(0, found.confidence / 100)) };
    },
  };
}

const require = createRequire(import.meta.url);

/** The folder with a language's data; undefined: it is not installed. */
function dataOf(language: string): string | undefined {
  try {
    const data = require.resolve(`@tesseract.js-data/${language}/package.json`);
    return join(dirname(data), '4.0.0_best_int');
  } catch {
    return undefined;
  }
}
