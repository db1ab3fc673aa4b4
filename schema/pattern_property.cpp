#include "schema/pattern_property.hpp"

#include <fmt/format.h>

namespace td {
namespace {

struct category {
  std::string_view name;  ///< long, as in PropertyValueAliases.txt
  std::string_view short_name;
};

// RE2 knows these by their short names. Not Cn (unassigned), nor what contains it.
constexpr category categories[] = {{"Letter", "L"},
                                   {"Uppercase_Letter", "Lu"},
                                   {"Lowercase_Letter", "Ll"},
                                   {"Titlecase_Letter", "Lt"},
                                   {"Modifier_Letter", "Lm"},
                                   {"Other_Letter", "Lo"},
                                   {"Mark", "M"},
                                   {"Combining_Mark", "M"},
                                   {"Nonspacing_Mark", "Mn"},
                                   {"Spacing_Mark", "Mc"},
                                   {"Enclosing_Mark", "Me"},
                                   {"Number", "N"},
                                   {"Decimal_Number", "Nd"},
                                   {"digit", "Nd"},
                                   {"Letter_Number", "Nl"},
                                   {"Other_Number", "No"},
                                   {"Punctuation", "P"},
                                   {"punct", "P"},
                                   {"Connector_Punctuation", "Pc"},
                                   {"Dash_Punctuation", "Pd"},
                                   {"Open_Punctuation", "Ps"},
                                   {"Close_Punctuation", "Pe"},
                                   {"Initial_Punctuation", "Pi"},
                                   {"Final_Punctuation", "Pf"},
                                   {"Other_Punctuation", "Po"},
                                   {"Symbol", "S"},
                                   {"Math_Symbol", "Sm"},
                                   {"Currency_Symbol", "Sc"},
                                   {"Modifier_Symbol", "Sk"},
                                   {"Other_Symbol", "So"},
                                   {"Separator", "Z"},
                                   {"Space_Separator", "Zs"},
                                   {"Line_Separator", "Zl"},
                                   {"Paragraph_Separator", "Zp"},
                                   {"Control", "Cc"},
                                   {"cntrl", "Cc"},
                                   {"Format", "Cf"},
                                   {"Private_Use", "Co"},
                                   {"Surrogate", "Cs"}};

struct script {
  std::string_view name;  ///< as RE2 has it
  std::string_view code;  ///< ISO 15924
};

// The scripts of Unicode 14, which RE2 20220601 has.
constexpr script scripts[] = {{"Adlam", "Adlm"},
                              {"Ahom", "Ahom"},
                              {"Anatolian_Hieroglyphs", "Hluw"},
                              {"Arabic", "Arab"},
                              {"Armenian", "Armn"},
                              {"Avestan", "Avst"},
                              {"Balinese", "Bali"},
                              {"Bamum", "Bamu"},
                              {"Bassa_Vah", "Bass"},
                              {"Batak", "Batk"},
                              {"Bengali", "Beng"},
                              {"Bhaiksuki", "Bhks"},
                              {"Bopomofo", "Bopo"},
                              {"Brahmi", "Brah"},
                              {"Braille", "Brai"},
                              {"Buginese", "Bugi"},
                              {"Buhid", "Buhd"},
                              {"Canadian_Aboriginal", "Cans"},
                              {"Carian", "Cari"},
                              {"Caucasian_Albanian", "Aghb"},
                              {"Chakma", "Cakm"},
                              {"Cham", "Cham"},
                              {"Cherokee", "Cher"},
                              {"Chorasmian", "Chrs"},
                              {"Common", "Zyyy"},
                              {"Coptic", "Copt"},
                              {"Cuneiform", "Xsux"},
                              {"Cypriot", "Cprt"},
                              {"Cypro_Minoan", "Cpmn"},
                              {"Cyrillic", "Cyrl"},
                              {"Deseret", "Dsrt"},
                              {"Devanagari", "Deva"},
                              {"Dives_Akuru", "Diak"},
                              {"Dogra", "Dogr"},
                              {"Duployan", "Dupl"},
                              {"Egyptian_Hieroglyphs", "Egyp"},
                              {"Elbasan", "Elba"},
                              {"Elymaic", "Elym"},
                              {"Ethiopic", "Ethi"},
                              {"Georgian", "Geor"},
                              {"Glagolitic", "Glag"},
                              {"Gothic", "Goth"},
                              {"Grantha", "Gran"},
                              {"Greek", "Grek"},
                              {"Gujarati", "Gujr"},
                              {"Gunjala_Gondi", "Gong"},
                              {"Gurmukhi", "Guru"},
                              {"Han", "Hani"},
                              {"Hangul", "Hang"},
                              {"Hanifi_Rohingya", "Rohg"},
                              {"Hanunoo", "Hano"},
                              {"Hatran", "Hatr"},
                              {"Hebrew", "Hebr"},
                              {"Hiragana", "Hira"},
                              {"Imperial_Aramaic", "Armi"},
                              {"Inherited", "Zinh"},
                              {"Inscriptional_Pahlavi", "Phli"},
                              {"Inscriptional_Parthian", "Prti"},
                              {"Javanese", "Java"},
                              {"Kaithi", "Kthi"},
                              {"Kannada", "Knda"},
                              {"Katakana", "Kana"},
                              {"Kayah_Li", "Kali"},
                              {"Kharoshthi", "Khar"},
                              {"Khitan_Small_Script", "Kits"},
                              {"Khmer", "Khmr"},
                              {"Khojki", "Khoj"},
                              {"Khudawadi", "Sind"},
                              {"Lao", "Laoo"},
                              {"Latin", "Latn"},
                              {"Lepcha", "Lepc"},
                              {"Limbu", "Limb"},
                              {"Linear_A", "Lina"},
                              {"Linear_B", "Linb"},
                              {"Lisu", "Lisu"},
                              {"Lycian", "Lyci"},
                              {"Lydian", "Lydi"},
                              {"Mahajani", "Mahj"},
                              {"Makasar", "Maka"},
                              {"Malayalam", "Mlym"},
                              {"Mandaic", "Mand"},
                              {"Manichaean", "Mani"},
                              {"Marchen", "Marc"},
                              {"Masaram_Gondi", "Gonm"},
                              {"Medefaidrin", "Medf"},
                              {"Meetei_Mayek", "Mtei"},
                              {"Mende_Kikakui", "Mend"},
                              {"Meroitic_Cursive", "Merc"},
                              {"Meroitic_Hieroglyphs", "Mero"},
                              {"Miao", "Plrd"},
                              {"Modi", "Modi"},
                              {"Mongolian", "Mong"},
                              {"Mro", "Mroo"},
                              {"Multani", "Mult"},
                              {"Myanmar", "Mymr"},
                              {"Nabataean", "Nbat"},
                              {"Nandinagari", "Nand"},
                              {"New_Tai_Lue", "Talu"},
                              {"Newa", "Newa"},
                              {"Nko", "Nkoo"},
                              {"Nushu", "Nshu"},
                              {"Nyiakeng_Puachue_Hmong", "Hmnp"},
                              {"Ogham", "Ogam"},
                              {"Ol_Chiki", "Olck"},
                              {"Old_Hungarian", "Hung"},
                              {"Old_Italic", "Ital"},
                              {"Old_North_Arabian", "Narb"},
                              {"Old_Permic", "Perm"},
                              {"Old_Persian", "Xpeo"},
                              {"Old_Sogdian", "Sogo"},
                              {"Old_South_Arabian", "Sarb"},
                              {"Old_Turkic", "Orkh"},
                              {"Old_Uyghur", "Ougr"},
                              {"Oriya", "Orya"},
                              {"Osage", "Osge"},
                              {"Osmanya", "Osma"},
                              {"Pahawh_Hmong", "Hmng"},
                              {"Palmyrene", "Palm"},
                              {"Pau_Cin_Hau", "Pauc"},
                              {"Phags_Pa", "Phag"},
                              {"Phoenician", "Phnx"},
                              {"Psalter_Pahlavi", "Phlp"},
                              {"Rejang", "Rjng"},
                              {"Runic", "Runr"},
                              {"Samaritan", "Samr"},
                              {"Saurashtra", "Saur"},
                              {"Sharada", "Shrd"},
                              {"Shavian", "Shaw"},
                              {"Siddham", "Sidd"},
                              {"SignWriting", "Sgnw"},
                              {"Sinhala", "Sinh"},
                              {"Sogdian", "Sogd"},
                              {"Sora_Sompeng", "Sora"},
                              {"Soyombo", "Soyo"},
                              {"Sundanese", "Sund"},
                              {"Syloti_Nagri", "Sylo"},
                              {"Syriac", "Syrc"},
                              {"Tagalog", "Tglg"},
                              {"Tagbanwa", "Tagb"},
                              {"Tai_Le", "Tale"},
                              {"Tai_Tham", "Lana"},
                              {"Tai_Viet", "Tavt"},
                              {"Takri", "Takr"},
                              {"Tamil", "Taml"},
                              {"Tangsa", "Tnsa"},
                              {"Tangut", "Tang"},
                              {"Telugu", "Telu"},
                              {"Thaana", "Thaa"},
                              {"Thai", "Thai"},
                              {"Tibetan", "Tibt"},
                              {"Tifinagh", "Tfng"},
                              {"Tirhuta", "Tirh"},
                              {"Toto", "Toto"},
                              {"Ugaritic", "Ugar"},
                              {"Vai", "Vaii"},
                              {"Vithkuqi", "Vith"},
                              {"Wancho", "Wcho"},
                              {"Warang_Citi", "Wara"},
                              {"Yezidi", "Yezi"},
                              {"Yi", "Yiii"},
                              {"Zanabazar_Square", "Zanb"}};

/// A set that RE2 has under this name.
pattern_property named(std::string_view name) {
  return {fmt::format(R"(\p{{{}}})", name), fmt::format(R"(\P{{{}}})", name)};
}

std::optional<pattern_property> category_named(std::string_view name) {
  for (auto const& c : categories) {
    if (name == c.name || name == c.short_name) return named(c.short_name);
  }
  // RE2's own \p{C} lacks the unassigned characters, so it is told what the others are.
  if (name == "Other" || name == "C")
    return pattern_property{"", R"(\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z})"};
  if (name == "Cased_Letter" || name == "LC") return pattern_property{R"(\p{Lu}\p{Ll}\p{Lt})", ""};
  return std::nullopt;
}

std::optional<pattern_property> script_named(std::string_view name) {
  for (auto const& s : scripts) {
    if (name == s.name || name == s.code) return named(s.name);
  }
  // Aliases of Coptic and Inherited from before ISO 15924 had codes for them.
  if (name == "Qaac") return named("Coptic");
  if (name == "Qaai") return named("Inherited");
  return std::nullopt;
}

}  // namespace

std::optional<pattern_property> find_pattern_property(std::string_view expression) {
  auto const equals = expression.find('=');
  if (equals != std::string_view::npos) {
    auto const name = expression.substr(0, equals);
    auto const value = expression.substr(equals + 1);
    if (name == "General_Category" || name == "gc") return category_named(value);
    if (name == "Script" || name == "sc") return script_named(value);
    return std::nullopt;
  }
  if (expression == "Any") return pattern_property{R"(\x{0}-\x{10ffff})", ""};
  if (expression == "ASCII") return pattern_property{R"(\x{0}-\x{7f})", R"(\x{80}-\x{10ffff})"};
  return category_named(expression);
}

}  // namespace td
