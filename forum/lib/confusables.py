"""Letters that look alike, those of names only.

From confusables.txt of Unicode Technical Standard #39, version 15.1 (Unicode License V3): pairs of
single letters, in the scripts and forms that names may have. Accents and other marks are left out.
"""

# In each word all letters look like the first. Whoever changes it makes `User.name_key` anew in a
# migration.
LOOK_ALIKES = (
    "2ƧꙄꝚ 3ƷȜЗӠꝪꞫ 5Ƽ 6б 8Ȣȣ৪੪ 9৭੧୨൭Ꝯ AΑА BΒВꞴ CС EΕЕ FϜꞘ GԌ HΗН JͿЈꞲ KΚК MΜϺМ NΝ O0ΟОՕ০ଠ୦ዐ PΡР "
    "RƦ SЅՏ TΤТ UՍሀ VѴ۷ WԜ XΧХꞳ YΥУҮ ZΖ aɑαа bƄЬ cсᴄ dԁ eеҽꬲ fքẝꞙꬵ gƍɡցᶃ hһհ iıɩɪιіӏꙇ jϳј "
    "l1IƖǀΙІӀ۱ nոռ oοσоօ۵०੦૦௦౦೦ഠ൦๐໐ဝ၀ჿᴏᴑꬽ pρр qԛգզ rгᴦꭇꭈ sƽѕꜱ uʋυսᴜꞟꭎꭒ vνѵᴠ wɯѡԝաᴡ xх yɣʏγуүყᶌỿꭚ "
    "zᴢ ÞϷ ßβꞵ þƿϸ ĸκкᴋ ƅь ƆϽↃ ƏӘ ƐԐ ƨᴤꙅ ƩΣ ǝəә ǶԊ ȝʒӡჳꝫ ȷյ Ɂʔॽ ɅΛЛ۸ ɋᶐ ɔͻᴐↄ ɛεєԑꞓ ɜзᴈ ɢԍ ɰպሣ "
    "ɸφф ʃꭍ ʌᴧ ʍмᴍ ʘꙨ ʙв ʚꞝ ʜн ʼˊˋꞌ ͰⱵ ͶИ ͷиᴎ ͽꜿ ΓГ ΠП ΦФՓቀ ΨѰ δծẟ πпᴨ ςϛ τтᴛ χꭓꭕ ψѱ ωꙍꞷ ϿꜾ ЄꞒ "
    "лᴫ яᴙ љꭠ ҶӋ ҷӌ Իኮ Մሆ Ոበ Պጣ Ռቡ ձኔ ऽઽ २૨ ३૩ ४૪ ८૮ ॱൎ அ௮ ஈர உ௨ഉ எ௭ ஐஜജ க௧ ச௪ ணണ ழഴ ஶശ అಅ ఆಆ ఇಇ "
    "ఒಒ జಜ ఞಞ ణಣ యಯ ఱಱ లಲ ౧೧ ౨೨ ౯೯ ഞൡ രറ ජ෪ ද෫ ขฃ คดต ฆม จຈ ชซ ฎฏ ฑท บບ ปປ ฝຝ พພ ฟຟ ภฦ ยຍ าๅ རཪ "
    "၁ၥ ႠꞆ ᄀᆨ ᄂᆫ ᄃᆮ ᄅᆯ ᄆᆷ ᄇᆸ ᄉᆺ ᄋᆼ ᄌᆽ ᄎᆾ ᄏᆿ ᄐᇀ ᄑᇁ ᄒᇂ ᅀᇫ ᅌᇰ ᅙᇹ ᅳー一ꟷ ᅵ丨 អឣ ᴘᴩ "
    "〳ノ丿 く𡿨 へヘ イ亻 エ工 カ力 タ夕 ト卜 ニ二 ハ八 ロ口囗 㖈䎛 㘽㦳 㩁搉 㫚曶 㬵胶 㬺幐 "
    "㬻䐠 㮣槩 䀹鿃 䀿晣 䑃朦 䚶訞 併倂 値值 啓啟 土士 塡填 墫壿 媯嬀 帡帲 戶戸 晚晩 朌肦 朏胐 "
    "朐胊 朓脁 朘脧 朣膧 杮柿 榝樧 溈潙 研硏 絕絶 胼腁 蒍蔿 蘷虁 訮詽 讆讏 豜豣 赿趆 跥跺 躗躛 "
    "軿輧 郎郞 鎭鎮 隷隸 鹂鹃 黑黒 ꙌꞶ ꜧꞕ Ꝺꝺ"
).split()
