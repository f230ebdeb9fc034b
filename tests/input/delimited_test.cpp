#include "miura/input/delimited.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "input/study_files.hpp"

namespace {

using namespace miura;
using Records = std::vector<std::vector<std::string>>;

Records read(const std::filesystem::path& path, const input::DelimitedOptions& options = {}) {
  input::DelimitedText text({path}, options);
  Records records;
  while (const auto fields = text.next()) records.emplace_back(fields->begin(), fields->end());
  return records;
}

TEST(DelimitedText, ReadsQuotesSpacesBlankLinesAndWindowsEnds) {
  const test::SharedFolder folder;
  const auto path =
      folder.write("t.csv", "\xEF\xBB\xBFlot, path ,x\r\n\r\n\"a, \"\"b\"\"\",  c d  , \r\n\"two\nlines\" ,,1");
  EXPECT_EQ(read(path), (Records{{"lot", "path", "x"}, {"a, \"b\"", "c d", ""}, {"two\nlines", "", "1"}}));
}

TEST(DelimitedText, RecognisesItsSeparator) {
  const test::SharedFolder folder;
  const Records expected{{"a", "b"}, {"1", "2"}};
  EXPECT_EQ(read(folder.write("t.tsv", "a\tb\n1\t2\n")), expected);
  EXPECT_EQ(read(folder.write("t.csv", "a;b\n1;2\n")), expected);
  EXPECT_EQ(read(folder.write("t.csv.gz", "a,b\n1,2")), expected);
  EXPECT_EQ(read(folder.write("one.csv", "a\n1\n")), (Records{{"a"}, {"1"}}));
  EXPECT_EQ(read(folder.write("keep.tsv", "a,b\t\"c\n"), {.separator = '\t', .quotes = false}),
            (Records{{"a,b", "\"c"}}));
}

TEST(DelimitedText, ReadsGzipOfSeveralMembers) {
  const test::SharedFolder folder;
  const auto path = folder.write("plain", test::SharedFolder::gzip("a,b\n1,") + test::SharedFolder::gzip("2\n3,4\n"));
  EXPECT_EQ(read(path), (Records{{"a", "b"}, {"1", "2"}, {"3", "4"}}));
}

TEST(DelimitedText, CountsLinesAsAnEditorDoes) {
  const test::SharedFolder folder;
  input::DelimitedText text({folder.write("t.csv", "a,b\n\n\"x\ny\",1\nlast,2\n")});
  std::vector<std::int64_t> lines;
  while (text.next()) lines.push_back(text.where().row);
  EXPECT_EQ(lines, (std::vector<std::int64_t>{1, 3, 5}));
}

TEST(DelimitedText, HoldsCharactersOfAnyLength) {
  const test::SharedFolder folder;
  const std::string greek = "\xCE\xB1", euro = "\xE2\x82\xAC", cell = "\xF0\x9F\xA7\xAB";
  input::DelimitedText text({folder.write("unicode.csv", greek + "," + euro + "," + cell + "\n")});
  const auto fields = text.next();
  ASSERT_TRUE(fields);
  EXPECT_EQ(std::vector<std::string>(fields->begin(), fields->end()), (std::vector<std::string>{greek, euro, cell}));
}

TEST(DelimitedText, RefusesWhatIsNoTextTable) {
  const test::SharedFolder folder;
  const auto refuses = [&](const std::string& name, const std::string& text, const std::string& why) {
    const auto path = folder.write(name, text);
    test::expect_refusal([&] { read(path); }, ExitCode::bad_input, {name, why});
  };
  refuses("book.csv", std::string("PK\x03\x04zip"), "Excel");
  refuses("wide.csv", std::string("\xFF\xFEl\0o\0t\0", 8), "UTF-16");
  refuses("raw.csv", std::string("a\0b", 3), "not a text file");
  refuses("latin.csv", "lot,path\nL\xC3\xB6t,a\nL\xF6t,b\n", "latin.csv:3: holds a character that is not UTF-8");
  for (const auto* bytes :
       {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"})
    refuses("bytes.csv", "a,b\n1," + std::string(bytes), "bytes.csv:2: holds a character that is not UTF-8");
  refuses("open.csv", "a,b\n1,\"2\n3,4\n", "open.csv:2: a quoted field is not closed");
  refuses("after.csv", "a,b\n\"1\"x,2\n", "after.csv:2: text follows a closing quote");
  refuses("cut.csv", test::SharedFolder::gzip(std::string(5000, 'a')).substr(0, 30), "damaged or cut off");
  test::expect_refusal([&] { read(folder.path() / "none.csv"); }, ExitCode::no_input, {"none.csv: not found"});
  test::expect_refusal([&] { read(folder.path()); }, ExitCode::bad_input, {"is a folder"});
}

TEST(ParseNumber, TakesWholeNumbersOnly) {
  EXPECT_EQ(input::parse_number("3"), 3.0);
  EXPECT_EQ(input::parse_number("-1.5e3"), -1500.0);
  EXPECT_EQ(input::parse_number("+2"), 2.0);
  EXPECT_TRUE(std::isinf(*input::parse_number("Inf")));
  for (const char* text : {"", "high", "3 pg", "1,5", "+-2", "0x10", "1e999"})
    EXPECT_EQ(input::parse_number(text), std::nullopt) << text;
}

}  // namespace
