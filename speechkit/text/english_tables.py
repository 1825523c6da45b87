"""What English abbreviations, units, currencies and symbols stand for."""

from __future__ import annotations

_MONTH_NAMES = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]  # fmt: skip

MONTHS: dict[str, str] = {name: name for name in _MONTH_NAMES} | {
    **{name[:3]: name for name in _MONTH_NAMES},
    "Sept": "September",
}
"""Month names and their short forms."""

MAGNITUDES: dict[str, str] = {
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
    "K": "thousand", "k": "thousand", "M": "million", "m": "million", "bn": "billion",
    "B": "billion", "T": "trillion",
}  # fmt: skip
"""Words and letters that scale an amount of money."""

CURRENCIES: dict[str, tuple[str, str, str, str]] = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("US dollar", "US dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "", ""),
    "￥": ("yuan", "yuan", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "", ""),
    "₽": ("rouble", "roubles", "kopek", "kopeks"),
}
"""Currency signs: one, many, one hundredth, hundredths."""

CURRENCY_CODES: dict[str, tuple[str, str, str, str]] = {
    "USD": ("US dollar", "US dollars", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "CNY": ("yuan", "yuan", "", ""),
    "RMB": ("yuan", "yuan", "", ""),
    "JPY": ("yen", "yen", "", ""),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
}
"""Currency codes, in the same form."""

_PREFIXES = {"k": "kilo", "M": "mega", "G": "giga", "T": "tera", "m": "milli", "µ": "micro", "μ": "micro", "n": "nano"}


def _scaled(symbol: str, word: str, prefixes: str) -> dict[str, tuple[str, str]]:
    """A unit and its multiples."""
    end = "" if word in ("hertz",) else "s"
    return {
        f"{prefix}{symbol}": (f"{_PREFIXES.get(prefix, '')}{word}", f"{_PREFIXES.get(prefix, '')}{word}{end}")
        for prefix in ("", *prefixes)
    }


UNITS: dict[str, tuple[str, str]] = {
    **_scaled("m", "meter", "kmµμn"),
    **_scaled("g", "gram", "kmµμ"),
    **_scaled("L", "liter", "mµμ"),
    **_scaled("Hz", "hertz", "kMGT"),
    **_scaled("W", "watt", "kMGm"),
    **_scaled("V", "volt", "km"),
    **_scaled("B", "byte", "kMGT"),
    **_scaled("bps", "bit per second", ""),
    "KB": ("kilobyte", "kilobytes"), "cm": ("centimeter", "centimeters"),
    "ml": ("milliliter", "milliliters"), "dB": ("decibel", "decibels"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "bps": ("bit per second", "bits per second"),
    "ms": ("millisecond", "milliseconds"), "kWh": ("kilowatt hour", "kilowatt hours"),
    "sec": ("second", "seconds"), "min": ("minute", "minutes"), "hr": ("hour", "hours"),
    "hrs": ("hours", "hours"), "mins": ("minutes", "minutes"), "h": ("hour", "hours"),
    "s": ("second", "seconds"),
    "km/h": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("meter per second", "meters per second"),
    "m²": ("square meter", "square meters"), "km²": ("square kilometer", "square kilometers"),
    "m2": ("square meter", "square meters"), "km2": ("square kilometer", "square kilometers"),
    "m³": ("cubic meter", "cubic meters"), "cm³": ("cubic centimeter", "cubic centimeters"),
    "m3": ("cubic meter", "cubic meters"), "ft²": ("square foot", "square feet"),
    "in.": ("inch", "inches"), "ft": ("foot", "feet"), "ft.": ("foot", "feet"), "yd": ("yard", "yards"),
    "mi": ("mile", "miles"), "lb": ("pound", "pounds"), "lbs": ("pounds", "pounds"),
    "lb.": ("pound", "pounds"), "lbs.": ("pounds", "pounds"), "oz": ("ounce", "ounces"),
    "oz.": ("ounce", "ounces"), "°C": ("degree Celsius", "degrees Celsius"),
    "℃": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℉": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
    "%": ("percent", "percent"), "‰": ("per mille", "per mille"), "px": ("pixel", "pixels"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "fps": ("frame per second", "frames per second"),
}  # fmt: skip
"""Units as written after a number: read for one, and for many."""

ABBREVIATIONS: dict[str, str] = {
    "Mr.": "Mister", "Mr": "Mister", "Mrs.": "Missis", "Mrs": "Missis", "Ms.": "Miz", "Ms": "Miz",
    "Dr.": "Doctor", "Dr": "Doctor", "Prof.": "Professor", "Jr.": "Junior", "Sr.": "Senior",
    "St.": "Street", "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard", "Mt.": "Mount",
    "Gen.": "General", "Col.": "Colonel", "Capt.": "Captain", "Lt.": "Lieutenant",
    "Sgt.": "Sergeant", "Gov.": "Governor", "Sen.": "Senator", "Rep.": "Representative",
    "Rev.": "Reverend", "Hon.": "Honorable", "Inc.": "Incorporated", "Ltd.": "Limited",
    "Co.": "Company", "Corp.": "Corporation", "Dept.": "Department", "dept.": "department",
    "est.": "established", "approx.": "approximately", "Fig.": "Figure", "fig.": "figure",
    "vol.": "volume", "Vol.": "Volume", "pp.": "pages", "ed.": "edition", "etc.": "etcetera",
    "etc": "etcetera", "e.g.": "for example", "i.e.": "that is", "vs.": "versus", "vs": "versus",
    "cf.": "compare", "et al.": "and others", "ca.": "circa", "w/o": "without", "and/or": "and or", "w/": "with",
    "Ph.D.": "P H D", "PhD": "P H D", "a.k.a.": "also known as", "R.I.P.": "R I P",
    "Mon.": "Monday", "Tue.": "Tuesday", "Tues.": "Tuesday", "Wed.": "Wednesday",
    "Thu.": "Thursday", "Thurs.": "Thursday", "Fri.": "Friday", "Sun.": "Sunday",
    "Jan.": "January", "Feb.": "February", "Aug.": "August", "Sept.": "September",
    "Oct.": "October", "Nov.": "November", "Dec.": "December",
}  # fmt: skip
"""Abbreviations as written, read in full."""

SYMBOLS: dict[str, str] = {
    "&": "and", "@": "at", "%": "percent", "+": "plus", "=": "equals", "×": "times", "÷": "divided by",
    "<": "less than", ">": "greater than", "≤": "at most", "≥": "at least", "≈": "about", "±": "plus or minus",
    "°": "degrees", "§": "section", "©": "copyright", "®": "registered", "™": "trademark",
    "$": "dollars", "€": "euros", "£": "pounds", "#": "hash", "π": "pi", "µ": "micro", "√": "square root of",
    "²": "squared", "³": "cubed", "½": "one half", "¼": "one quarter", "¾": "three quarters", "_": "underscore",
    "\\": "backslash", "^": "caret", "/": "slash",
}  # fmt: skip
"""Signs that are left once the patterns have run."""
