// Makes `src/shared/names.ts` from the Unicode project's locale data: `node tools/names.mjs`. The names and the order of
// a date's parts are then the same in every engine; engines differ, and some know no Pashto. `names.test.ts` fails when
// the file is not what this makes.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const read = createRequire(import.meta.url);

/** Code of a language here, its data, and the country whose week it keeps. English is read day before month, as most
 * hotels write it. */
const LANGUAGES = [
  ["en", "en-GB", "GB"],
  ["ar", "ar", "EG"],
  ["fa-AF", "fa-AF", "AF"],
  ["ps", "ps", "AF"],
  ["he", "he", "IL"],
  ["es", "es", "ES"],
  ["fr", "fr", "FR"],
];

/** The months of the Solar Hijri year as they are called in Afghanistan, where this product's hotels count by it. The
 * data has these for Dari and Pashto alone and Iran's for all others. */
const LATIN = "Hamal Sawr Jawza Saratan Asad Sunbula Mizan Aqrab Qaws Jadi Dalw Hut";
const AFGHAN_MONTHS = {
  en: LATIN,
  es: LATIN,
  fr: LATIN,
  ar: "الحمل الثور الجوزاء السرطان الأسد السنبلة الميزان العقرب القوس الجدي الدلو الحوت",
  he: "חמל ת׳ור ג׳וזא סרטאן אסד סונבולה מיזאן עקרב קוס ג׳די דלו חות",
};

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function namesOf([code, data, country]) {
  const main = (file) => read(file.replace("*", data)).main[data];
  const { months, days, dateFormats, dateTimeFormats } = main("cldr-dates-full/main/*/ca-gregorian.json").dates.calendars.gregorian;
  const { numbers } = main("cldr-numbers-full/main/*/numbers.json");
  const { weekData } = read("cldr-core/supplemental/weekData.json").supplemental;
  const own = { "fa-AF": true, ps: true }[code];
  const solar = own ? Object.values(main("cldr-cal-persian-full/main/*/ca-persian.json").dates.calendars.persian.months.format.wide) : AFGHAN_MONTHS[code].split(" ");
  const wide = Object.values(months.format.wide);
  // Arabic script does not shorten the names of months.
  const short = /\p{Script=Arabic}/u.test(wide[0]) ? wide : Object.values(months.format.abbreviated);
  const medium = dateFormats.medium.includes("MMM") ? dateFormats.medium : dateTimeFormats.availableFormats.yMMMd;
  const dayMonth = medium.replace(/\s*y\s*/, "");
  const full = code === "en" ? dateFormats.full.replace(",", "") : dateFormats.full;
  const between = /^EEEE(\p{P}? )/u.exec(full)?.[1] ?? " ";
  const weekday = (list, form) => DAYS.map((day) => list.format[form][day]);
  const at = (table) => DAYS.indexOf(table[country] ?? table["001"]);
  const group = (system, otherwise) => numbers[`symbols-numberSystem-${system}`]?.group ?? otherwise;
  return {
    months: wide,
    monthsShort: short,
    solarMonths: solar,
    days: weekday(days, "wide"),
    daysShort: weekday(days, "abbreviated"),
    dates: { full, medium, dayMonth, dayOfWeek: `EEE${between}${dayMonth}` },
    comma: /\p{Script=Arabic}/u.test(wide[0]) ? "، " : ", ",
    // Arabic digits keep Arabic separators, and Latin ones Latin, whatever the language.
    group: { latn: /[.,\s]/.test(group("latn", ",")) ? group("latn", ",") : ",", arab: group("arab", "٬"), arabext: group("arabext", "٬") },
    groupFrom: Number(numbers.minimumGroupingDigits) === 2 ? 10000 : 1000,
    firstDay: at(weekData.firstDay),
    weekend: [at(weekData.weekendStart), at(weekData.weekendEnd)],
  };
}

export function namesModule() {
  const { version } = read("cldr-core/package.json");
  // What nobody sees in an editor is written by its number.
  const visible = (text) => text.replace(/[\u00a0\u200b-\u200f\u202f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const lines = LANGUAGES.map((language) => `  ${JSON.stringify(language[0])}: ${visible(JSON.stringify(namesOf(language)))},`);
  return `// Made by tools/names.mjs from the Unicode CLDR, version ${version}. Not to be edited.

export interface Names {
  months: readonly string[];
  monthsShort: readonly string[];
  solarMonths: readonly string[];
  /** From Sunday. */
  days: readonly string[];
  daysShort: readonly string[];
  dates: { full: string; medium: string; dayMonth: string; dayOfWeek: string };
  /** Between a date and a time. */
  comma: string;
  group: { latn: string; arab: string; arabext: string };
  /** The least number that is grouped. */
  groupFrom: number;
  /** From Sunday, which is 0. */
  firstDay: number;
  weekend: readonly number[];
}

export const NAMES: Record<string, Names> = {
${lines.join("\n")}
};
`;
}

const target = new URL("../src/shared/names.ts", import.meta.url);
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, namesModule());
