import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The language that OCR knows. Its data are a package, and nothing is loaded from elsewhere. */
const LANGUAGE = 'eng';

/** Reads the text of images. */
export interface Ocr {
  /** The text, and how sure the engine is of it, 0 to 1: the mean of its words. */
  read(image: Buffer): Promise<{ readonly text: string; readonly confidence: number }>;
}

export async function startOcr(): Promise<Ocr> {
  const { createWorker, OEM } = await import('tesseract.js');
  const data = createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json');
  const worker = await createWorker(LANGUAGE, OEM.LSTM_ONLY, {
    langPath: join(dirname(data), '4.0.0_best_int'),
    cacheMethod: 'none',
    gzip: true,
    errorHandler: () => {},
  });
  return {
    async read(image) {
      const { data: found } = await worker.recognize(image);
      return { text: found.text, confidence: Math.min(1, Math.max(0, found.confidence / 100)) };
    },
  };
}
