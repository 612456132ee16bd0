import type { PackagesFor } from 'plinth/product';

const FONTS = ['@expo-google-fonts/inter'];
const OCR = ['pdfjs-dist', '@napi-rs/canvas', 'tesseract.js', '@tesseract.js-data/eng'];

/** npm packages by what they are needed for: the type of a document that is read, or the format of a file that is made. */
export const DOCUMENT_PACKAGES = {
  'application/pdf': OCR,
  'image/png': OCR,
  'image/jpeg': OCR,
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['mammoth'],
  pdf: ['pdfmake', ...FONTS],
  docx: ['docx', ...FONTS],
} as const satisfies PackagesFor;

/** The packages of a type or a format. */
export const packagesOf = (kind: string): readonly string[] => {
  const all: PackagesFor = DOCUMENT_PACKAGES;
  return all[kind] ?? [];
};
