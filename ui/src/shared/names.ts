// Made by tools/names.mjs from the Unicode CLDR, version 48.2.0. Not to be edited.

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
  "en": {"months":["January","February","March","April","May","June","July","August","September","October","November","December"],"monthsShort":["Jan","Feb","Mar","Apr","May","Jun","Jul","Aug","Sept","Oct","Nov","Dec"],"solarMonths":["Hamal","Sawr","Jawza","Saratan","Asad","Sunbula","Mizan","Aqrab","Qaws","Jadi","Dalw","Hut"],"days":["Sunday","Monday","Tuesday","Wednesday","Thursday","Friday","Saturday"],"daysShort":["Sun","Mon","Tue","Wed","Thu","Fri","Sat"],"dates":{"full":"EEEE d MMMM y","medium":"d MMM y","dayMonth":"d MMM","dayOfWeek":"EEE d MMM"},"comma":", ","group":{"latn":",","arab":"٬","arabext":"٬"},"groupFrom":1000,"firstDay":1,"weekend":[6,0]},
  "ar": {"months":["يناير","فبراير","مارس","أبريل","مايو","يونيو","يوليو","أغسطس","سبتمبر","أكتوبر","نوفمبر","ديسمبر"],"monthsShort":["يناير","فبراير","مارس","أبريل","مايو","يونيو","يوليو","أغسطس","سبتمبر","أكتوبر","نوفمبر","ديسمبر"],"solarMonths":["الحمل","الثور","الجوزاء","السرطان","الأسد","السنبلة","الميزان","العقرب","القوس","الجدي","الدلو","الحوت"],"days":["الأحد","الاثنين","الثلاثاء","الأربعاء","الخميس","الجمعة","السبت"],"daysShort":["الأحد","الاثنين","الثلاثاء","الأربعاء","الخميس","الجمعة","السبت"],"dates":{"full":"EEEE، d MMMM y","medium":"d MMM y","dayMonth":"d MMM","dayOfWeek":"EEE، d MMM"},"comma":"، ","group":{"latn":",","arab":"٬","arabext":"٬"},"groupFrom":1000,"firstDay":6,"weekend":[5,6]},
  "fa-AF": {"months":["جنوری","فبروری","مارچ","اپریل","می","جون","جولای","اگست","سپتمبر","اکتوبر","نومبر","دسمبر"],"monthsShort":["جنوری","فبروری","مارچ","اپریل","می","جون","جولای","اگست","سپتمبر","اکتوبر","نومبر","دسمبر"],"solarMonths":["حمل","ثور","جوزا","سرطان","اسد","سنبلهٔ","میزان","عقرب","قوس","جدی","دلو","حوت"],"days":["یکشنبه","دوشنبه","سه\u200cشنبه","چهارشنبه","پنجشنبه","جمعه","شنبه"],"daysShort":["یکشنبه","دوشنبه","سه\u200cشنبه","چهارشنبه","پنجشنبه","جمعه","شنبه"],"dates":{"full":"EEEE d MMMM y","medium":"d MMM y","dayMonth":"d MMM","dayOfWeek":"EEE d MMM"},"comma":"، ","group":{"latn":",","arab":"٬","arabext":"٬"},"groupFrom":1000,"firstDay":6,"weekend":[4,5]},
  "ps": {"months":["جنوري","فبروري","مارچ","اپریل","مۍ","جون","جولای","اګست","سېپتمبر","اکتوبر","نومبر","دسمبر"],"monthsShort":["جنوري","فبروري","مارچ","اپریل","مۍ","جون","جولای","اګست","سېپتمبر","اکتوبر","نومبر","دسمبر"],"solarMonths":["وری","غویی","غبرگولی","چنگاښ","زمری","وږی","تله","لړم","لیندۍ","مرغومی","سلواغه","کب"],"days":["يونۍ","دونۍ","درېنۍ","څلرنۍ","پينځنۍ","جمعه","اونۍ"],"daysShort":["يونۍ","دونۍ","درېنۍ","څلرنۍ","پينځنۍ","جمعه","اونۍ"],"dates":{"full":"EEEE د y د MMMM d","medium":"y MMM d","dayMonth":"MMM d","dayOfWeek":"EEE MMM d"},"comma":"، ","group":{"latn":".","arab":"٬","arabext":"٬"},"groupFrom":1000,"firstDay":6,"weekend":[4,5]},
  "he": {"months":["ינואר","פברואר","מרץ","אפריל","מאי","יוני","יולי","אוגוסט","ספטמבר","אוקטובר","נובמבר","דצמבר"],"monthsShort":["ינו׳","פבר׳","מרץ","אפר׳","מאי","יוני","יולי","אוג׳","ספט׳","אוק׳","נוב׳","דצמ׳"],"solarMonths":["חמל","ת׳ור","ג׳וזא","סרטאן","אסד","סונבולה","מיזאן","עקרב","קוס","ג׳די","דלו","חות"],"days":["יום ראשון","יום שני","יום שלישי","יום רביעי","יום חמישי","יום שישי","יום שבת"],"daysShort":["יום א׳","יום ב׳","יום ג׳","יום ד׳","יום ה׳","יום ו׳","שבת"],"dates":{"full":"EEEE, d בMMMM y","medium":"d בMMM y","dayMonth":"d בMMM","dayOfWeek":"EEE, d בMMM"},"comma":", ","group":{"latn":",","arab":"٬","arabext":"٬"},"groupFrom":1000,"firstDay":0,"weekend":[5,6]},
  "es": {"months":["enero","febrero","marzo","abril","mayo","junio","julio","agosto","septiembre","octubre","noviembre","diciembre"],"monthsShort":["ene","feb","mar","abr","may","jun","jul","ago","sept","oct","nov","dic"],"solarMonths":["Hamal","Sawr","Jawza","Saratan","Asad","Sunbula","Mizan","Aqrab","Qaws","Jadi","Dalw","Hut"],"days":["domingo","lunes","martes","miércoles","jueves","viernes","sábado"],"daysShort":["dom","lun","mar","mié","jue","vie","sáb"],"dates":{"full":"EEEE, d 'de' MMMM 'de' y","medium":"d MMM y","dayMonth":"d MMM","dayOfWeek":"EEE, d MMM"},"comma":", ","group":{"latn":".","arab":"٬","arabext":"٬"},"groupFrom":10000,"firstDay":1,"weekend":[6,0]},
  "fr": {"months":["janvier","février","mars","avril","mai","juin","juillet","août","septembre","octobre","novembre","décembre"],"monthsShort":["janv.","févr.","mars","avr.","mai","juin","juil.","août","sept.","oct.","nov.","déc."],"solarMonths":["Hamal","Sawr","Jawza","Saratan","Asad","Sunbula","Mizan","Aqrab","Qaws","Jadi","Dalw","Hut"],"days":["dimanche","lundi","mardi","mercredi","jeudi","vendredi","samedi"],"daysShort":["dim.","lun.","mar.","mer.","jeu.","ven.","sam."],"dates":{"full":"EEEE d MMMM y","medium":"d MMM y","dayMonth":"d MMM","dayOfWeek":"EEE d MMM"},"comma":", ","group":{"latn":"\u202f","arab":"٬","arabext":"٬"},"groupFrom":1000,"firstDay":1,"weekend":[6,0]},
};
