"""Sentences the risk screen is tried on; non-explicit, written for this project."""

IMMINENT = """
지금 죽을 거예요
오늘 밤에 죽으려고요
지금 옥상이에요 뛰어내릴 거예요
나 지금 난간에 서있어
한강 다리에서 뛰어내릴까 생각중
약 다 먹었어요
약먹었어 많이
약 한통 다 먹었어
많이 먹었어 약
약 너무 많이 먹은 것 같아
알약 다 삼켰어
수면제 여러개 먹었어
두통약 30알 먹었어
엄마 약 다 먹어버렸어
옥상에 올라왔어 미안해
옆에 누가 칼 들고 있어
밖에 그 사람이 와 있어
수면제 모아놨어
타이레놀 30알 먹었어
유서 썼어요
유서도 다 써놨어
손목 그었어요 피가 안 멈춰요
안 아프게 죽는 방법 알려줘
자살하는 방법 좀
번개탄 샀어
칼 들고 있어요 손에
지금당장죽고싶어
ㅈㅣㄱㅡㅁ 죽을거야
지금 죽고시퍼요
집 앞에 와 있어요 그 사람이
그 아저씨가 문 앞에 서있어요
누가 자꾸 따라와요 무서워요
모르는 남자가 쫓아와요
문을 두드려요 계속
모텔에 끌려왔어요
방에 갇혔어요 못 나가게 해요
안 보내줘요 집에 가고 싶어요
차에 태웠어요 지금
살려주세요
칼로 위협해요
아빠가 지금 때리고 있어요
집앞까지 찾아왔어
지금 안보내면 다 뿌린대요
10분 안에 안 보내면 친구들한테 다 보낸대
오늘까지 입금 안 하면 영상 유포한다고 해요
30분 남았대요 사진 보내래요
한 시간 안에 돈 안 보내면 학교에 알린대
안나가면 뿌린대서 지금 나가야 돼요
지금 만나러 가야 돼 안 가면 사진 뿌린대
무서워서 지금 보내려고요
i'm going to kill myself
im gonna kill myself tonight
i took a lot of pills
i took the whole bottle
the pills, i took them all
i swallowed all my pills
im on the roof
i wrote a goodbye letter to my parents
i have a rope and im ready to die
this is my last goodbye
he is outside my house
hes at my door right now
someone is following me
they locked me in a room
he wont let me leave
he has a knife
he's going to kill me
i have 10 minutes to send the money
if i dont send more pics in an hour he will leak them
send it by tonight or he posts everything
i have to meet him now or he will share it
""".strip().splitlines()

HIGH = """
죽고 싶어요
죽고싶다
주ㄱ고싶어
ㅈㅜㄱㄱㅗㅅㅣㅍㅇㅓ
죽 고 싶 어
죽고시퍼
죽구싶다 진짜
죽고싶어어어어ㅠㅠㅠㅠ
그냥 죽을래
죽어버리고 싶다
내가 죽으면 다 끝날까
차라리 죽는 게 나을 것 같아
살기 싫어요
살고 싶지 않아
살 이유가 없어
사라지고 싶어
나만 없어지면 다 편할텐데
자해했어요
또 자해 충동이 와요
손목에 칼로 상처 냈어
자살 생각이 자꾸 나요
친구가 죽고 싶대요
배고파 죽겠어 근데 진짜 죽고 싶어
게임에서 졌어 죽고 싶어 사는 게 의미없어
다 끝내고 싶어
태어나지 말았어야 했어
협박받고 있어요
협박 당하는데 어떡해요
사진 뿌린대요
안 보내면 퍼뜨린다고 했어요
신고하면 죽인대요
영상 유포한다고 협박해요
내 사진이 퍼졌어요
친구들한테 다 보낸대요
영통하다가 녹화당했어요 돈 달라고 해요
시키는 대로 안 하면 학교에 말한대
사진을 자꾸 보내래요
몸 사진 보내달래
옷 벗으라고 해요
계속 사진 더 보내라고 해
얼굴사진 보내달라는데 어떡해
조건만남 하자고 해요
만나주면 10만원 준대요
용돈 줄 테니까 만나재요
돈 받고 만났어요
스폰 해준대
사진 보내주면 돈 준다는 알바인데
게임에서 알게 된 오빠가 만나재요
오픈채팅에서 만난 사람이 집으로 오래
모르는 아저씨가 둘이서만 보자 하고 비밀로 하재요 만나기로 했어요
트위터에서 만난 사람이 재워준대
가출했는데 헬퍼가 재워준대요
집 나왔는데 모르는 사람이 데리러 온대
잘 데 없는데 어떤 오빠가 오래
성추행 당했어요
강제로 만졌어요
싫다고 했는데 계속 했어요
몰래 찍혔어요
화장실에서 찍힌 것 같아요
내 얼굴로 합성했대
딥페이크 당했어요
아빠가 자꾸 때려요
우리집 주소를 알아냈대요
학교로 찾아온다고 했어
i want to die
i wanna die
i dont want to live anymore
i wish i was dead
i feel suicidal
i cut myself again
nobody would care if i died, better off dead
he is blackmailing me
he threatened to leak my photos
she will send it to all my friends
if i dont send more he will post them
he keeps asking for pics of my body
he wants nudes
he offered me money to meet him
someone i met online wants to meet me alone
i ran away and a guy said i can stay at his place
someone made a deepfake of me
he touched me and i said no
my dad hits me
iwanttodie
he knows where i live
요즘 너무 힘들어서 그냥 없어지고 싶어
진심 뒤지고싶다
살자 마렵다
죽고십어
숨쉬는 것도 힘들고 다 그만두고 싶어요
걔가 내 사진 단톡에 올린다고 함
오빠가 영상 푼다는데
안 만나주면 부모님한테 말한다고 해요
인스타로 연락온 사람이 노출 사진 요구해요
돈 안 보내면 지인들한테 영상 보낸다네요
벌써 50만원 보냈는데 계속 더 보내래요
얼굴이랑 몸 나오게 찍어서 보내래
그 사람이 집에서 자고 가래
헬퍼 구했는데 무서워요
랜챗에서 만난 아저씨랑 만나기로 했어요
경찰이라면서 사진을 보내래요
텔레그램에 제 합성 사진이 올라왔어요
친구 사진으로 딥페이크 만든 애가 있어요
탈의실에서 몰래 찍었대요
사귀던 오빠가 영상 퍼트린다고
시키는대로 하라고 협박
오늘 끝내려고 해요
약 먹고 죽을까
누가 밖에서 문 열려고 해요
지금 그 아저씨 차 안이에요 무서워요
집에 못 가게 해요
he said he will send my pics to my mom
im scared he's gonna post my video
they want $500 or they'll send it to everyone on my instagram
i sent nudes and now he wants more
he says if i block him he will show everyone
i keep thinking about ending it
whats the point of living i just wanna disappear
a guy online offered to pay me for pictures
my stepdad touches me at night
he told me to undress on camera
hes coming over and im alone
meet me tonight or i post it, he said
내일 학교 가면 죽을거야 다 봤을텐데
나 사라져도 아무도 모르겠지
세상에서 없어지고 싶다
나 진짜 한계야 이제 다 놓고 싶어
어젯밤에 팔에 상처 냈어
나 오늘 밤 약 먹고 잘거야 안 깨어나게
친구가 옥상에 올라갔어요 어떡해요
제 영상을 갖고 있다면서 돈을 요구해요
5분 줄테니까 얼굴 보이게 찍으래요
연락 끊으면 학교 단톡에 올린대
걔가 내 나체 사진 갖고 있어
채팅앱 아저씨가 용돈 준다고 모텔 가자고 해
같이 살자는 형 만나러 가출하려고요
누가 내 사진을 이상한 몸에 붙여서 올렸어
저 지금 화장실에 숨어있어요 밖에 그 사람이 있어요
아저씨가 놔주질 않아요
협빡 받고있음
유 포한다 고 함
ㅎㅕㅂㅂㅏㄱ당했어
i took 40 advil
i don't see a reason to stay alive
he recorded me on video call and wants money
a man from snapchat is at my door
they made me send pictures and now they want more
이제 진짜 끝이에요 편지도 써놨어요
살아있는 게 고통이야
숨이 안 쉬어져요 그 사람이 현관 비번 누르고 있어요
그 오빠가 안 오면 부모님 찾아간대
제 알몸이 단톡방에 올라갔대요
더 야한 거 보내라고 난리예요
돈 30 보냈는데 또 달래요
DM으로 알바라면서 속옷 입은 거 찍어달래
자기 집에서 지내도 된다고 하는 아저씨가 있어요
선생님이 제 다리를 만져요
친구가 손목을 그어요
남친이 헤어지면 영상 올린다고 했어
가짜 형사가 신분증이랑 사진을 달라고 했어요
my ex said he'll put my pictures on twitter
i have been cutting again
he wants to meet at a motel and told me not to tell anyone
there is a man trying to get into my room
i just swallowed the whole bottle
she's making me send money every week
내가 자해했어
나 자살할까
그었어
오빠가 만졌어
오빠가 내 몸 만졌어요
그 사람이 죽이겠대
집으로 찾아오겠대
아빠한테 맞았어
당했어요
나는 남자인데 당했어
어제 오빠한테 당했어요
밤에 새아빠가 방에 들어와
새아빠가 자꾸 내 방에 들어왔어
아빠가 밤마다 내 방에 들어와요
문상 5만원주면 지워준대 줘야되?
지워주는 대신 돈 달래
게이인거 아웃팅한대
부모님한테 다 말한대
생리를 안해요
임신했어
친구가 자해했어
친구가 죽고싶다고 카톡 왔어
친구가 유서 썼대
친구가 약 많이 먹었대
my stepdad keeps coming into my room
my friend is cutting herself
i think im pregnant
""".strip().splitlines()
