import type { PackagesFor } from 'plinth/product';

const FONTS = ['@expo-google-fonts/inter'];
const OCR = ['pdfjs-dist', '@napi-rs/canvas', 'tesseract.js', '@tesseract.js-data/eng'];

/** Packages that only Orbit needs, by the type of a document that is read, or the format of a file that is made. */
export const ORBIT_PACKAGES = {
  'application/pdf': OCR,
  'image/png': OCR,
  'image/jpeg': OCR,
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['mammoth'],
  pdf: ['pdfmake', ...FONTS],
  docx: ['docx', ...FONTS],
} as const satisfies PackagesFor;

/** The packages of a type or a format. */
export const packagesOf = (kind: string): readonly string[] => {
  const all: PackagesFor = ORBIT_PACKAGES;
  return all[kind] ?? [];
};
