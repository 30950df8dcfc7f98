// What a printed number may have been before it was rounded: as metamsc/checks/rounding.py has it.

const SLACK = 1e-9;

function digitsOf(value) {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  return { digits, places: Math.max(0, digits.length - 1 - Number(exponent)) };
}

function halfUnit(value, ...beside) {
  const own = digitsOf(value).places;
  const places = own === 0 && beside.some((other) => other !== undefined && digitsOf(other).places > 0) ? 1 : own;
  return 0.5 * 10 ** -places;
}

/** The range of numbers that are printed as `value`: [low, high]. */
function unrounded(value, ...beside) {
  const room = halfUnit(value, ...beside) + SLACK * Math.abs(value);
  return [value - room, value + room];
}

const meets = ([low, high], [otherLow, otherHigh]) => low <= otherHigh && otherLow <= high;
const widened = ([low, high], by) => [low - by, high + by];

const significantDigits = (value) => digitsOf(value).digits.length;

/** Half to even, as Python rounds. */
function roundEven(value) {
  const low = Math.floor(value);
  if (value - low === 0.5) return low % 2 === 0 ? low : low + 1;
  return Math.round(value);
}

/** A number for reading: four digits, or more where it has them before the point. */
function short(value, digits = 4) {
  return String(Number(value.toPrecision(Math.max(digits, Math.trunc(Math.log10(Math.abs(value) || 1)) + 1)))).replace("-", "\u2212");
}
