/** Packages that one product alone needs. A checkout has them all; a package of the program has them as optional peers. */
export const OPTIONAL_PACKAGES: readonly string[] = [
  '@expo-google-fonts/inter',
  '@expo-google-fonts/zcool-xiaowei',
  '@napi-rs/canvas',
  '@tesseract.js-data/eng',
  'docx',
  'mammoth',
  'pdfjs-dist',
  'pdfmake',
  'tesseract.js',
];
