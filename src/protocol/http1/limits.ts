/** How much a reader takes before giving up. */
export interface ReaderLimits {
  /** Bytes of one head or trailer section, status line included; a larger one is a mistake or an attack. Default 65,536. */
  maxHeaderBytes: number;
  /** Fields of one head or trailer section. Default 256. */
  maxHeaders: number;
  /** Bytes of one line of a head; the seed's limit. Default 8,192. */
  maxLineBytes: number;
  /** Bytes of one chunk-size line, extensions included. Default 4,096. */
  maxChunkLineBytes: number;
  /** 1xx responses before a final one. Default 32. */
  maxInformational: number;
  /** Empty lines before a status line. Default 1. */
  maxBlankLines: number;
}

const DEFAULTS: ReaderLimits = {
  maxHeaderBytes: 65_536,
  maxHeaders: 256,
  maxLineBytes: 8_192,
  maxChunkLineBytes: 4_096,
  maxInformational: 32,
  maxBlankLines: 1,
};

/**
 * The limits with their defaults filled in.
 *
 * @throws {RangeError} Where one is not a whole number from 0 up.
 */
export function readerLimits(given: Partial<ReaderLimits> = {}): ReaderLimits {
  const limits = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof ReaderLimits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (!(value >= 0) || (value !== Infinity && !Number.isSafeInteger(value))) {
      throw new RangeError(`Cannot set ${name}: ${value} is not a whole number from 0 up`);
    }
    limits[name] = value;
  }
  return limits;
}
